;; A list of numbers: built, reversed in place, summed. run(n) does it 16 times with 1000 n nodes.
(module
  (type $node (struct (field $value i64) (field $next (mut (ref null $node)))))
  (func $build (param $n i64) (result (ref null $node)) (local $list (ref null $node))
    (loop $next
      (local.set $list (struct.new $node (local.get $n) (local.get $list)))
      (br_if $next (i32.eqz (i64.eqz (local.tee $n (i64.sub (local.get $n) (i64.const 1)))))))
    (local.get $list))
  (func $reverse (param $list (ref null $node)) (result (ref null $node))
      (local $done (ref null $node)) (local $rest (ref null $node))
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $rest (struct.get $node $next (local.get $list)))
        (struct.set $node $next (local.get $list) (local.get $done))
        (local.set $done (local.get $list))
        (local.set $list (local.get $rest))
        (br $next)))
    (local.get $done))
  (func $sum (param $list (ref null $node)) (result i64) (local $sum i64)
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $sum
          (i64.add (i64.mul (local.get $sum) (i64.const 3)) (struct.get $node $value (local.get $list))))
        (local.set $list (struct.get $node $next (local.get $list)))
        (br $next)))
    (local.get $sum))
  (func (export "run") (param $n i32) (result i64) (local $sum i64) (local $i i32)
    (loop $again
      (local.set $sum (i64.xor (local.get $sum)
        (call $sum (call $reverse (call $build (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 1000)))))))
      (local.set $sum (i64.rotl (local.get $sum) (i64.const 1)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (local.get $sum)))
