-- musegen-daw: drums for the selected MIDI items, on a track below.
--
-- Select MIDI items and run this script. It leaves them in a folder as a .mid; musegen-daw, which watches that folder
-- (the window, or "musegen-daw watch"), answers with drums, and they come back at the bar where the items begin.
-- The files are described in docs/routing.md of musegen-daw.

local TITLE = "musegen-daw"
local TRACK_NAME = "musegen drums"
local PPQ = 960
local WAIT_SECONDS = 180
local LOOK_SECONDS = 0.2
local MAX_ANSWER_BYTES = 8 * 1024 * 1024
local SEPARATOR = package.config:sub(1, 1)

local function folder_of_requests()
  local chosen = reaper.GetExtState(TITLE, "folder")
  if chosen ~= "" then return chosen end
  return reaper.GetResourcePath() .. SEPARATOR .. "musegen-daw"
end

local function say(sentence)
  reaper.ShowMessageBox(sentence, TITLE, 0)
end

-- Files -------------------------------------------------------------------------------------------------------------

local function read_file(path, max_bytes)
  local file = io.open(path, "rb")
  if not file then return nil end
  local data = file:read(max_bytes + 1)
  file:close()
  if data and #data > max_bytes then return nil end
  return data or ""
end

-- Whole or not at all: under a hidden name first, which nobody looks at.
local function write_file(folder, name, data)
  local part = folder .. SEPARATOR .. "." .. name .. ".part"
  local path = folder .. SEPARATOR .. name
  local file, problem = io.open(part, "wb")
  if not file then return nil, problem end
  local written, trouble = file:write(data)
  file:close()
  if not written then
    os.remove(part)
    return nil, trouble
  end
  local renamed, why = os.rename(part, path)
  if not renamed then
    os.remove(part)
    return nil, why
  end
  return path
end

-- Notes of the items ------------------------------------------------------------------------------------------------

-- The struck notes of a take in quarter notes of the project, cut at the ends of the item.
local function notes_of(item, take)
  local position = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
  local length = reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
  local first_qn = reaper.TimeMap2_timeToQN(0, position)
  local end_qn = reaper.TimeMap2_timeToQN(0, position + length)
  local repeat_qn = nil
  if reaper.GetMediaItemInfo_Value(item, "B_LOOPSRC") == 1 then
    local source_length, is_in_quarters = reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take))
    if is_in_quarters and source_length > 0 then repeat_qn = source_length end
  end
  local is_read, events = reaper.MIDI_GetAllEvts(take, "")
  if not is_read then return {} end
  local sounding, spans, ppq, place = {}, {}, 0, 1
  while place <= #events do
    local offset, flags, message
    offset, flags, message, place = string.unpack("i4Bs4", events, place)
    ppq = ppq + offset
    local is_muted = flags & 2 == 2
    if #message == 3 and not is_muted then
      local status, pitch, velocity = message:byte(1, 3)
      local kind, key = status & 0xF0, (status & 0x0F) * 128 + pitch
      local qn = reaper.MIDI_GetProjQNFromPPQPos(take, ppq)
      if kind == 0x90 or kind == 0x80 then
        local struck = sounding[key]
        if struck then
          struck.end_qn = qn
          spans[#spans + 1] = struck
          sounding[key] = nil
        end
        if kind == 0x90 and velocity > 0 then
          sounding[key] = {start_qn = qn, channel = status & 0x0F, pitch = pitch, velocity = velocity}
        end
      end
    end
  end
  for _, struck in pairs(sounding) do
    struck.end_qn = end_qn
    spans[#spans + 1] = struck
  end
  local notes = {}
  for _, span in ipairs(spans) do
    local turn = 0
    repeat
      local shift = turn * (repeat_qn or 0)
      local start_qn = span.start_qn + shift
      if start_qn >= first_qn - 1e-9 and start_qn < end_qn then
        notes[#notes + 1] = {
          start_qn = start_qn, end_qn = math.min(span.end_qn + shift, end_qn),
          channel = span.channel, pitch = span.pitch, velocity = span.velocity,
        }
      end
      turn = turn + 1
    until not repeat_qn or span.start_qn + turn * repeat_qn >= end_qn
  end
  return notes, first_qn, end_qn
end

local function name_of(track)
  local _, name = reaper.GetSetMediaTrackInfo_String(track, "P_NAME", "", false)
  return name
end

-- The parts of all selected MIDI items, from the bar line before the first of them.
local function selection()
  local parts, first_qn, last_track = {}, nil, nil
  for index = 0, reaper.CountSelectedMediaItems(0) - 1 do
    local item = reaper.GetSelectedMediaItem(0, index)
    local take = reaper.GetActiveTake(item)
    if take and reaper.TakeIsMIDI(take) then
      local notes, from_qn = notes_of(item, take)
      if #notes > 0 then
        local track = reaper.GetMediaItemTrack(item)
        local number = math.floor(reaper.GetMediaTrackInfo_Value(track, "IP_TRACKNUMBER"))
        parts[#parts + 1] = {name = name_of(track), notes = notes}
        if not first_qn or from_qn < first_qn then first_qn = from_qn end
        if not last_track or number > last_track then last_track = number end
      end
    end
  end
  if #parts == 0 then return nil end
  local _, measure = reaper.TimeMap2_timeToBeats(0, reaper.TimeMap2_QNToTime(0, first_qn + 1e-6))
  local _, bar_qn, _, numerator, denominator = reaper.TimeMap_GetMeasureInfo(0, measure)
  return {
    parts = parts, bar_qn = bar_qn, last_track = last_track,
    numerator = numerator, denominator = denominator,
  }
end

-- Standard MIDI Files -------------------------------------------------------------------------------------------------

local function variable_length(value)
  local bytes = string.char(value & 0x7F)
  value = value >> 7
  while value > 0 do
    bytes = string.char(value & 0x7F | 0x80) .. bytes
    value = value >> 7
  end
  return bytes
end

-- A chunk of {ticks, order, bytes}; at one tick lower orders come first.
local function track_chunk(events)
  table.sort(events, function(one, other)
    if one[1] ~= other[1] then return one[1] < other[1] end
    return one[2] < other[2]
  end)
  local pieces, now = {}, 0
  for _, event in ipairs(events) do
    pieces[#pieces + 1] = variable_length(event[1] - now) .. event[3]
    now = event[1]
  end
  pieces[#pieces + 1] = "\0\xFF\x2F\0"
  local data = table.concat(pieces)
  return "MTrk" .. string.pack(">I4", #data) .. data
end

local function meta(kind, data)
  return "\xFF" .. string.char(kind) .. variable_length(#data) .. data
end

local function tempo_at(qn)
  local seconds = (reaper.TimeMap2_QNToTime(0, qn + 0.01) - reaper.TimeMap2_QNToTime(0, qn)) / 0.01
  return meta(0x51, string.pack(">I4", math.min(0xFFFFFF, math.floor(seconds * 1e6 + 0.5))):sub(2)), 60 / seconds
end

local function meter_event(numerator, denominator)
  local power = 0
  while 1 << power < denominator do power = power + 1 end
  return meta(0x58, string.char(numerator, power, 24, 8))
end

local function ticks_at(qn, bar_qn)
  return math.max(0, math.floor((qn - bar_qn) * PPQ + 0.5))
end

local function smf_of(chosen)
  local last_qn = chosen.bar_qn
  local chunks = {}
  for _, part in ipairs(chosen.parts) do
    local events = {{0, 0, meta(0x03, part.name:sub(1, 100))}}
    for _, note in ipairs(part.notes) do
      local start, stop = ticks_at(note.start_qn, chosen.bar_qn), ticks_at(note.end_qn, chosen.bar_qn)
      events[#events + 1] = {start, 2, string.char(0x90 | note.channel, note.pitch, note.velocity)}
      events[#events + 1] = {math.max(stop, start + 1), 1, string.char(0x80 | note.channel, note.pitch, 64)}
      last_qn = math.max(last_qn, note.end_qn)
    end
    chunks[#chunks + 1] = track_chunk(events)
  end
  local first, bpm = tempo_at(chosen.bar_qn)
  local conductor = {{0, 0, first}, {0, 1, meter_event(chosen.numerator, chosen.denominator)}}
  for index = 0, reaper.CountTempoTimeSigMarkers(0) - 1 do
    local is_there, time, _, _, _, numerator, denominator = reaper.GetTempoTimeSigMarker(0, index)
    local qn = reaper.TimeMap2_timeToQN(0, time)
    if is_there and qn > chosen.bar_qn and qn < last_qn then
      local ticks = ticks_at(qn, chosen.bar_qn)
      conductor[#conductor + 1] = {ticks, 0, (tempo_at(qn))}
      if numerator > 0 then conductor[#conductor + 1] = {ticks, 1, meter_event(numerator, denominator)} end
    end
  end
  table.insert(chunks, 1, track_chunk(conductor))
  return "MThd" .. string.pack(">I4I2I2I2", 6, 1, #chunks, PPQ) .. table.concat(chunks), bpm
end

-- The notes of an answer, which has one track of notes alone, its ticks a quarter note and its length in ticks.
local function notes_of_answer(data)
  if data:sub(1, 4) ~= "MThd" or #data < 22 then return nil end
  local _, tracks, ppq = string.unpack(">I2I2I2", data, 9)
  if tracks < 1 or ppq == 0 or ppq >= 0x8000 or data:sub(15, 18) ~= "MTrk" then return nil end
  local length = string.unpack(">I4", data, 19)
  local place, stop, ticks, status = 23, 22 + length, 0, nil
  if stop > #data then return nil end
  local function number()
    local value = 0
    for _ = 1, 4 do
      local byte = data:byte(place)
      place = place + 1
      value = value << 7 | byte & 0x7F
      if byte < 0x80 then break end
    end
    return value
  end
  local sounding, notes = {}, {}
  while place <= stop do
    ticks = ticks + number()
    local byte = data:byte(place)
    if byte >= 0x80 then
      status = byte
      place = place + 1
    end
    if not status then return nil end
    if status == 0xFF then
      place = place + 1
      local size = number()
      place = place + size
    elseif status >= 0xF0 then
      local size = number()
      place = place + size
    elseif status & 0xF0 == 0xC0 or status & 0xF0 == 0xD0 then
      place = place + 1
    else
      local pitch, velocity = data:byte(place, place + 1)
      place = place + 2
      local kind, key = status & 0xF0, (status & 0x0F) * 128 + pitch
      if kind == 0x90 or kind == 0x80 then
        if sounding[key] then
          sounding[key].stop = ticks
          sounding[key] = nil
        end
        if kind == 0x90 and velocity > 0 then
          local note = {start = ticks, stop = ticks, channel = status & 0x0F, pitch = pitch, velocity = velocity}
          sounding[key] = note
          notes[#notes + 1] = note
        end
      end
    end
  end
  return notes, ppq, ticks
end

-- The drums in the project ----------------------------------------------------------------------------------------

local function is_free(track, first, last)
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local start = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
    local stop = start + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
    if start < last - 1e-6 and stop > first + 1e-6 then return false end
  end
  return true
end

-- The track below, if it is one of ours with room there, else a new one: nothing is written over.
local function drum_track(number, first, last)
  local below = reaper.GetTrack(0, number)
  if below and name_of(below) == TRACK_NAME and is_free(below, first, last) then return below end
  reaper.InsertTrackAtIndex(number, true)
  local track = reaper.GetTrack(0, number)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", TRACK_NAME, true)
  return track
end

local function insert_drums(chosen, notes, ppq, length)
  local first = reaper.TimeMap2_QNToTime(0, chosen.bar_qn)
  local last = reaper.TimeMap2_QNToTime(0, chosen.bar_qn + length / ppq)
  reaper.Undo_BeginBlock()
  reaper.PreventUIRefresh(1)
  local track = drum_track(chosen.last_track, first, last)
  local item = reaper.CreateNewMIDIItemInProj(track, first, last, false)
  local take = reaper.GetActiveTake(item)
  local function place(ticks)
    return math.floor(reaper.MIDI_GetPPQPosFromProjQN(take, chosen.bar_qn + ticks / ppq) + 0.5)
  end
  local events = {}
  for _, note in ipairs(notes) do
    local start = place(note.start)
    events[#events + 1] = {start, 2, string.char(0x90 | note.channel, note.pitch, note.velocity)}
    events[#events + 1] = {math.max(place(note.stop), start + 1), 1, string.char(0x80 | note.channel, note.pitch, 0)}
  end
  table.sort(events, function(one, other)
    if one[1] ~= other[1] then return one[1] < other[1] end
    return one[2] < other[2]
  end)
  local pieces, now = {}, 0
  for _, event in ipairs(events) do
    pieces[#pieces + 1] = string.pack("i4Bs4", event[1] - now, 0, event[3])
    now = event[1]
  end
  pieces[#pieces + 1] = string.pack("i4Bs4", math.max(0, place(length) - now), 0, "\xB0\x7B\0")
  reaper.MIDI_SetAllEvts(take, table.concat(pieces))
  reaper.MIDI_Sort(take)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", "Drums", true)
  reaper.PreventUIRefresh(-1)
  reaper.UpdateArrange()
  reaper.Undo_EndBlock("Drums by musegen-daw", -1)
end

-- What is asked for -----------------------------------------------------------------------------------------------

local CONTROLS = {"density", "energy", "fills"}

-- The options as JSON, nil where the musician cancels. The fields are remembered.
local function asked_options()
  local former = reaper.GetExtState(TITLE, "options")
  local is_ok, answers = reaper.GetUserInputs(
    TITLE, 4, "Style (empty: what fits),Density 0 to 1 (empty: auto),Energy 0 to 1,Fills 0 to 1,extrawidth=120",
    former ~= "" and former or ",,,"
  )
  if not is_ok then return nil end
  reaper.SetExtState(TITLE, "options", answers, true)
  local values = {}
  for value in (answers .. ","):gmatch("([^,]*),") do values[#values + 1] = value:match("^%s*(.-)%s*$") end
  local fields = {}
  local style = (values[1] or ""):gsub('[%c"\\]', "")
  if style ~= "" then fields[1] = string.format('"style": "%s"', style) end
  for index, control in ipairs(CONTROLS) do
    local value = tonumber(values[index + 1])
    if value and value >= 0 and value <= 1 then fields[#fields + 1] = string.format('"%s": %.3f', control, value) end
  end
  return "{" .. table.concat(fields, ", ") .. "}"
end

local function request_name()
  return string.format("reaper-%s-%03d", os.date("%Y%m%d-%H%M%S"), math.floor(reaper.time_precise() * 1000) % 1000)
end

local function main()
  local chosen = selection()
  if not chosen then return say("Select one or more MIDI items with notes first.") end
  local options = asked_options()
  if not options then return end
  local folder, name = folder_of_requests(), request_name()
  reaper.RecursiveCreateDirectory(folder, 0)
  local data, bpm = smf_of(chosen)
  local position = reaper.TimeMap2_QNToTime(0, chosen.bar_qn)
  local wishes = string.format(
    '{"tempo_bpm": %.6f, "position_seconds": %.6f, "options": %s}\n', bpm, position, options
  )
  local wishes_path, problem = write_file(folder, name .. ".json", wishes)
  local request_path
  if wishes_path then request_path, problem = write_file(folder, name .. ".mid", data) end
  if not request_path then
    if wishes_path then os.remove(wishes_path) end
    return say("The items could not be handed over: " .. tostring(problem) .. ".")
  end

  local answer = folder .. SEPARATOR .. "answers" .. SEPARATOR .. name
  local until_seconds = reaper.time_precise() + WAIT_SECONDS
  local next_look = 0
  local function tidy()
    for _, path in ipairs({request_path, wishes_path, answer .. ".mid", answer .. ".txt"}) do os.remove(path) end
  end
  local function look()
    local now = reaper.time_precise()
    if now < next_look then return reaper.defer(look) end
    next_look = now + LOOK_SECONDS
    local written = read_file(answer .. ".mid", MAX_ANSWER_BYTES)
    if written then
      local notes, ppq, length = notes_of_answer(written)
      tidy()
      if not notes then return say("The answer of musegen-daw could not be read.") end
      return insert_drums(chosen, notes, ppq, length)
    end
    local reason = read_file(answer .. ".txt", 4096)
    if reason then
      tidy()
      return say(reason)
    end
    if now > until_seconds then
      tidy()
      return say("musegen-daw does not answer: open it, or run musegen-daw watch in a terminal.")
    end
    reaper.defer(look)
  end
  reaper.defer(look)
end

main()
