program sched;
{ A small operating system's scheduler, after Martin Richards's benchmark: an idle task, a worker, two handlers and
  two devices send packets to each other; the task of highest priority that can run does. }
const
  rounds = 40000;
  runs = 150;
  bufsize = 3;
type
  kind = (idle, worker, handler_a, handler_b, device_a, device_b);
  packet = ^packetrec;
  packetrec = record
    next: packet;
    id: kind;         { where it goes, and then whose it is }
    work: boolean;    { work or device packet }
    datum: integer;
    data: array [0..bufsize] of integer
  end;
  task = record
    next: integer;    { in order of priority; 0 ends }
    queue: packet;
    waiting, held, pending: boolean;
    { what the task keeps }
    v1, v2: integer;
    works, devices: packet
  end;
var
  tasks: array [kind] of task;
  order: array [1..6] of kind;
  queued, holds, i: integer;
  current: kind;

procedure append(p: packet; var list: packet);
var
  q: packet;
begin
  p^.next := nil;
  if list = nil then
    list := p
  else begin
    q := list;
    while q^.next <> nil do
      q := q^.next;
    q^.next := p
  end
end;

procedure send(p: packet);
var
  t: kind;
begin
  t := p^.id;
  p^.id := current;
  queued := queued + 1;
  append(p, tasks[t].queue);
  tasks[t].pending := true
end;

procedure run_idle;
begin
  with tasks[idle] do begin
    v2 := v2 - 1;
    if v2 = 0 then begin
      held := true;
      holds := holds + 1
    end else if odd(v1) then begin
      v1 := v1 div 2 + 53256;
      if v1 > 65535 then
        v1 := v1 - 65536;
      tasks[device_b].held := false
    end else begin
      v1 := v1 div 2;
      tasks[device_a].held := false
    end
  end
end;

procedure run_worker(p: packet);
var
  i: integer;
begin
  with tasks[worker] do
    if p = nil then
      waiting := true
    else begin
      if v1 = 0 then begin
        v1 := 1;
        p^.id := handler_a
      end else begin
        v1 := 0;
        p^.id := handler_b
      end;
      p^.datum := 0;
      for i := 0 to bufsize do begin
        v2 := v2 + 1;
        if v2 > 26 then
          v2 := 1;
        p^.data[i] := ord('A') + v2 - 1
      end;
      send(p)
    end
end;

procedure run_handler(p: packet; me, device: kind);
var
  w, d: packet;
begin
  with tasks[me] do begin
    if p <> nil then
      if p^.work then
        append(p, works)
      else
        append(p, devices);
    w := works;
    if w = nil then
      waiting := true
    else if w^.datum > bufsize then begin
      works := w^.next;
      w^.id := worker;
      send(w)
    end else begin
      d := devices;
      if d = nil then
        waiting := true
      else begin
        devices := d^.next;
        d^.id := device;
        d^.datum := w^.data[w^.datum];
        w^.datum := w^.datum + 1;
        send(d)
      end
    end
  end
end;

procedure run_device(p: packet; me, handler: kind);
begin
  with tasks[me] do
    if p = nil then
      if works = nil then
        waiting := true
      else begin
        p := works;
        works := nil;
        p^.id := handler;
        send(p)
      end
    else begin
      works := p;
      held := true;
      holds := holds + 1
    end
end;

procedure dispatch(t: kind);
var
  p: packet;
begin
  current := t;
  p := nil;
  with tasks[t] do
    if pending then begin
      p := queue;
      queue := p^.next;
      pending := queue <> nil;
      waiting := false
    end;
  case t of
    idle: run_idle;
    worker: run_worker(p);
    handler_a: run_handler(p, handler_a, device_a);
    handler_b: run_handler(p, handler_b, device_b);
    device_a: run_device(p, device_a, handler_a);
    device_b: run_device(p, device_b, handler_b)
  end
end;

procedure schedule;
var
  k: integer;
begin
  k := 1;
  while k > 0 do
    with tasks[order[k]] do
      if held or waiting and not pending then
        k := next
      else begin
        dispatch(order[k]);
        k := 1
      end
end;

procedure give(t: kind; owner: kind; work: boolean);
var
  p: packet;
begin
  new(p);
  p^.id := owner;
  p^.work := work;
  p^.datum := 0;
  append(p, tasks[t].queue);
  tasks[t].pending := true
end;

procedure start;
var
  t: kind;
  i: integer;
begin
  for t := idle to device_b do
    with tasks[t] do begin
      queue := nil;
      waiting := t <> idle;
      held := false;
      pending := false;
      v1 := 0;
      v2 := 0;
      works := nil;
      devices := nil
    end;
  order[1] := device_b;
  order[2] := device_a;
  order[3] := handler_b;
  order[4] := handler_a;
  order[5] := worker;
  order[6] := idle;
  for i := 1 to 6 do
    tasks[order[i]].next := (i + 1) mod 7;
  tasks[idle].v1 := 1;
  tasks[idle].v2 := rounds;
  for i := 1 to 2 do
    give(worker, worker, true);
  for i := 1 to 3 do begin
    give(handler_a, device_a, false);
    give(handler_b, device_b, false)
  end;
  queued := 0;
  holds := 0
end;

begin
  for i := 1 to runs do begin
    start;
    schedule
  end;
  writeln(queued, ' ', holds)
end.
