;; A chained hash map from i64 to i64. run(n): 1000 n insertions of random keys out of 2^16, each followed by a lookup and
;; every fourth by a removal.
(module
  (type $entry (struct (field $key i64) (field $value (mut i64)) (field $next (mut (ref null $entry)))))
  (type $buckets (array (mut (ref null $entry))))
  (type $map (struct (field $buckets (ref $buckets)) (field $size (mut i32))))
  (func $bucket (param $key i64) (result i32)
    (i32.wrap_i64 (i64.shr_u (i64.mul (local.get $key) (i64.const 0x9e3779b97f4a7c15)) (i64.const 50))))
  (func $find (param $map (ref $map)) (param $key i64) (result (ref null $entry)) (local $e (ref null $entry))
    (local.set $e (array.get $buckets (struct.get $map $buckets (local.get $map)) (call $bucket (local.get $key))))
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $e)))
        (br_if $end (i64.eq (struct.get $entry $key (local.get $e)) (local.get $key)))
        (local.set $e (struct.get $entry $next (local.get $e)))
        (br $next)))
    (local.get $e))
  (func $insert (param $map (ref $map)) (param $key i64) (param $value i64) (local $e (ref null $entry)) (local $at i32)
    (local.set $e (call $find (local.get $map) (local.get $key)))
    (if (ref.is_null (local.get $e))
      (then
        (local.set $at (call $bucket (local.get $key)))
        (array.set $buckets (struct.get $map $buckets (local.get $map)) (local.get $at)
          (struct.new $entry (local.get $key) (local.get $value)
            (array.get $buckets (struct.get $map $buckets (local.get $map)) (local.get $at))))
        (struct.set $map $size (local.get $map) (i32.add (struct.get $map $size (local.get $map)) (i32.const 1))))
      (else
        (struct.set $entry $value (local.get $e)
          (i64.add (struct.get $entry $value (local.get $e)) (local.get $value))))))
  (func $remove (param $map (ref $map)) (param $key i64)
      (local $e (ref null $entry)) (local $before (ref null $entry)) (local $at i32)
    (local.set $at (call $bucket (local.get $key)))
    (local.set $e (array.get $buckets (struct.get $map $buckets (local.get $map)) (local.get $at)))
    (loop $next
      (if (ref.is_null (local.get $e)) (then (return)))
      (if (i64.ne (struct.get $entry $key (local.get $e)) (local.get $key))
        (then
          (local.set $before (local.get $e))
          (local.set $e (struct.get $entry $next (local.get $e)))
          (br $next))))
    (if (ref.is_null (local.get $before))
      (then
        (array.set $buckets (struct.get $map $buckets (local.get $map)) (local.get $at)
          (struct.get $entry $next (local.get $e))))
      (else (struct.set $entry $next (local.get $before) (struct.get $entry $next (local.get $e)))))
    (struct.set $map $size (local.get $map) (i32.sub (struct.get $map $size (local.get $map)) (i32.const 1))))
  (func (export "run") (param $n i32) (result i64)
      (local $map (ref null $map)) (local $state i64) (local $sum i64) (local $i i32) (local $e (ref null $entry))
    (local.set $map (struct.new $map (array.new_default $buckets (i32.const 16384)) (i32.const 0)))
    (local.set $n (i32.mul (local.get $n) (i32.const 1000)))
    (loop $again
      (local.set $state
        (i64.add (i64.mul (local.get $state) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
      (call $insert (ref.as_non_null (local.get $map)) (i64.shr_u (local.get $state) (i64.const 48))
        (i64.extend_i32_u (local.get $i)))
      (local.set $e (call $find (ref.as_non_null (local.get $map))
        (i64.and (i64.shr_u (local.get $state) (i64.const 32)) (i64.const 0xffff))))
      (if (i32.eqz (ref.is_null (local.get $e)))
        (then (local.set $sum (i64.add (local.get $sum) (struct.get $entry $value (local.get $e))))))
      (if (i32.eqz (i32.and (local.get $i) (i32.const 3)))
        (then (call $remove (ref.as_non_null (local.get $map))
          (i64.and (i64.shr_u (local.get $state) (i64.const 16)) (i64.const 0xffff)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64.add (local.get $sum) (i64.extend_i32_u (struct.get $map $size (local.get $map))))))
