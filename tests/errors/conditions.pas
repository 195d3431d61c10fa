(* error: 6:1: {$endif} without {$ifdef} *)
(* error: 7:1: this condition cannot be read *)
(* error: 9:1: tests/errors/nowhere.inc: No such file or directory *)
(* error: 10:9: this condition has no {$endif} *)
program conditions; begin
{$endif}
{$if 1 = }
{$endif}
{$include nowhere.inc}
  exit; {$ifdef a}
end.
