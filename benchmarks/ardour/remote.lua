-- What a person would do in Ardour, as functions, and the loop that calls them line by line from standard input.
-- usage: ardourN-lua remote.lua ANSWERS     each answer is one line of the file ANSWERS: "= VALUE" or "! ERROR"

local MIDI = ARDOUR.DataType("midi")
local SCRIPT = ARDOUR.TransportRequestSource.TRS_UI

-- Ardour plays MIDI ahead of its playhead by the latency of the sound device that its master bus leads to. Without
-- one, a cable from a track to another records every note where it stands.
function start_engine(client)
  ARDOUR.config():set_auto_connect_standard_busses(false)
  AudioEngine:set_backend("JACK", client, "")
  assert(AudioEngine:start(false) == 0, "Ardour cannot use the JACK server")
end

function make_session(folder, name, rate_hz, bpm)
  session = assert(create_session(folder, name, rate_hz), "Ardour cannot make a session in " .. folder)
  local tempo_map = Temporal.TempoMap.fetch_writable()
  tempo_map:set_tempo(Temporal.Tempo(bpm, bpm, 4), Temporal.timepos_t(0))
  Temporal.TempoMap.update(tempo_map)
end

function open_session(folder, name)
  session = assert(load_session(folder, name), "Ardour cannot open the session in " .. folder)
  ARDOUR.config():set_send_midi_clock(true)
end

function save_session()
  session:save_state("")
end

function close()
  session = nil
  close_session()
end

function add_midi_track(name)
  local one = ARDOUR.ChanCount(MIDI, 1)
  session:new_midi_track(one, one, true, ARDOUR.PluginInfo(), nil, nil, 1, name,
    ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true)
end

local function port(name)
  local _, result = AudioEngine:get_ports(MIDI, ARDOUR.PortList())
  for each in result[2]:iter() do
    if each:name() == name then return each end
  end
  error("Ardour has no port " .. name)
end

function connect(own, other)
  assert(port(own):connect(other) == 0, "Ardour cannot connect " .. own .. " with " .. other)
end

function arm(track)
  session:route_by_name(track):to_track():rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
end

function mute_audio()
  session:master_out():output():disconnect_all(nil)
end

function record()
  session:maybe_enable_record()
  session:request_roll(SCRIPT)
end

function stop()
  session:request_stop(false, false, SCRIPT)
end

function position_samples()
  return session:transport_sample()
end

function is_rolling()
  return session:transport_rolling()
end

function regions(track)
  local count = 0
  for _ in session:route_by_name(track):to_track():playlist():region_list():iter() do count = count + 1 end
  return count
end

function xruns()
  return session:get_xrun_count()
end

local answers = assert(io.open(arg[1], "w"))
for line in io.stdin:lines() do
  local ok, answer = pcall(function() return assert(load(line))() end)
  local text = tostring(answer):gsub("\n", " ")
  answers:write(ok and "= " or "! ", text, "\n")
  answers:flush()
end
quit()
