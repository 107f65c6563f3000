;; Binary trees: builds trees bottom up and counts their nodes. run(depth) makes 2^(depth+1) - 1 nodes at a time, 8 times,
;; beside one tree that lives through it all.
(module
  (type $node (struct (field $left (ref null $node)) (field $right (ref null $node))))
  (func $build (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (local.get $depth)
      (then
        (struct.new $node
          (call $build (i32.sub (local.get $depth) (i32.const 1)))
          (call $build (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new $node (ref.null $node) (ref.null $node)))))
  (func $count (param $tree (ref null $node)) (result i64)
    (if (result i64) (ref.is_null (local.get $tree))
      (then (i64.const 0))
      (else
        (i64.add (i64.const 1)
          (i64.add (call $count (struct.get $node $left (local.get $tree)))
                   (call $count (struct.get $node $right (local.get $tree))))))))
  (func (export "run") (param $depth i32) (result i64) (local $long (ref null $node)) (local $sum i64) (local $i i32)
    (local.set $long (call $build (local.get $depth)))
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (call $count (call $build (local.get $depth)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (i64.add (local.get $sum) (call $count (local.get $long)))))
