;; Heap sort of an array of numbers, and a checksum. run(n) sorts 1000 n of them.
(module
  (type $numbers (array (mut i64)))
  (func $sift (param $a (ref $numbers)) (param $root i32) (param $end i32) (local $child i32) (local $v i64)
    (local.set $v (array.get $numbers (local.get $a) (local.get $root)))
    (block $done
      (loop $next
        (local.set $child (i32.add (i32.shl (local.get $root) (i32.const 1)) (i32.const 1)))
        (br_if $done (i32.ge_u (local.get $child) (local.get $end)))
        (if (i32.lt_u (i32.add (local.get $child) (i32.const 1)) (local.get $end))
          (then
            (if (i64.lt_u (array.get $numbers (local.get $a) (local.get $child))
                          (array.get $numbers (local.get $a) (i32.add (local.get $child) (i32.const 1))))
              (then (local.set $child (i32.add (local.get $child) (i32.const 1)))))))
        (br_if $done (i64.ge_u (local.get $v) (array.get $numbers (local.get $a) (local.get $child))))
        (array.set $numbers (local.get $a) (local.get $root) (array.get $numbers (local.get $a) (local.get $child)))
        (local.set $root (local.get $child))
        (br $next)))
    (array.set $numbers (local.get $a) (local.get $root) (local.get $v)))
  (func (export "run") (param $n i32) (result i64) (local $a (ref null $numbers)) (local $i i32) (local $state i64) (local $v i64)
    (local.set $n (i32.mul (local.get $n) (i32.const 1000)))
    (local.set $a (array.new_default $numbers (local.get $n)))
    (loop $fill
      (local.set $state
        (i64.add (i64.mul (local.get $state) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
      (array.set $numbers (local.get $a) (local.get $i) (i64.shr_u (local.get $state) (i64.const 20)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $i (i32.shr_u (local.get $n) (i32.const 1)))
    (loop $heap
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      (call $sift (ref.as_non_null (local.get $a)) (local.get $i) (local.get $n))
      (br_if $heap (local.get $i)))
    (local.set $i (i32.sub (local.get $n) (i32.const 1)))
    (loop $sort
      (local.set $v (array.get $numbers (local.get $a) (i32.const 0)))
      (array.set $numbers (local.get $a) (i32.const 0) (array.get $numbers (local.get $a) (local.get $i)))
      (array.set $numbers (local.get $a) (local.get $i) (local.get $v))
      (call $sift (ref.as_non_null (local.get $a)) (i32.const 0) (local.get $i))
      (br_if $sort (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (local.set $state (i64.const 0))
    (loop $check
      (local.set $state (i64.add (i64.mul (local.get $state) (i64.const 31)) (array.get $numbers (local.get $a) (local.get $i))))
      (br_if $check (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $state)))
