"""What two or more of the stages `align`, `train` and `infer` share; imports none of them."""
