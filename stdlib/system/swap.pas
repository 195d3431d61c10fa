{ swap: the two bytes of a word. }
function swap(w: word): word;
begin
  swap := (w shr 8) or ((w and 255) shl 8)
end;
