"use strict";

(function () {
  const RAMP_SECONDS = 0.008;
  const LEAD_SECONDS = 0.03;
  const data = JSON.parse(document.getElementById("data").textContent);
  const session = new Session(data.clips, data.letters);
  const find = (id) => document.getElementById(id);
  const titles = ["Original"].concat(data.letters);
  const context = new AudioContext();
  const waiting = new Map();
  let clip = 0;
  let heard = 0;
  let buffers = [];
  let playing = [];
  let offsetSeconds = 0;
  let startedSeconds = 0;
  let loads = 0;
  let isFocusByPointer = false;

  /** Called by the script of each clip: that is how a page without a server reads its own files. */
  window.receiveClip = (index, sounds) => {
    const receive = waiting.get(index);
    waiting.delete(index);
    if (receive) {
      receive(sounds);
    }
  };

  function say(text) {
    find("status").textContent = text;
  }

  function keep() {
    try {
      localStorage.setItem(data.id, session.stored());
    } catch (error) {
      return; // a browser without storage keeps the answers as long as the page is open
    }
  }

  function recall() {
    try {
      const stored = localStorage.getItem(data.id);
      return stored !== null && session.restore(stored);
    } catch (error) {
      return false;
    }
  }

  function bytes(base64) {
    const text = atob(base64);
    const array = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) {
      array[at] = text.charCodeAt(at);
    }
    return array.buffer;
  }

  function fetchClip(index) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      waiting.set(index, resolve);
      script.onerror = reject;
      script.onload = () => script.remove();
      script.src = data.scripts[index];
      document.head.append(script);
    });
  }

  async function open(index, words) {
    const goesOn = playing.length > 0;
    const load = ++loads;
    stop();
    buffers = [];
    clip = index;
    heard = 0;
    offsetSeconds = 0;
    show();
    say(words + "Loading…");
    try {
      const sounds = await fetchClip(index);
      const decoded = await Promise.all(sounds.map((sound) => context.decodeAudioData(bytes(sound))));
      if (load !== loads) {
        return;
      }
      buffers = decoded;
    } catch (error) {
      if (load === loads) {
        say("Clip " + (index + 1) + " cannot be loaded: keep all files of this page in one folder.");
      }
      return;
    }
    show();
    say(words);
    if (goesOn) {
      play();
    }
  }

  function duration() {
    return buffers.length ? buffers[0].duration : 1;
  }

  function position() {
    if (!playing.length) {
      return offsetSeconds;
    }
    return (offsetSeconds + Math.max(0, context.currentTime - startedSeconds)) % duration();
  }

  async function play() {
    if (!buffers.length || playing.length) {
      return;
    }
    startedSeconds = context.currentTime + LEAD_SECONDS;
    playing = buffers.map((buffer, index) => {
      const source = context.createBufferSource();
      const gain = context.createGain();
      source.buffer = buffer;
      source.loop = true;
      gain.gain.value = index === heard ? 1 : 0;
      source.connect(gain).connect(context.destination);
      source.start(startedSeconds, offsetSeconds);
      return { source: source, gain: gain };
    });
    show();
    await context.resume();
  }

  function stop() {
    offsetSeconds = position();
    playing.forEach((each) => {
      each.source.stop();
      each.source.disconnect();
      each.gain.disconnect();
    });
    playing = [];
    show();
  }

  function seek(seconds) {
    const goesOn = playing.length > 0;
    stop();
    offsetSeconds = Math.min(Math.max(0, seconds), Math.max(0, duration() - 0.05));
    show();
    if (goesOn) {
      play();
    }
  }

  function hear(index) {
    if (index >= titles.length) {
      return;
    }
    heard = index;
    const now = context.currentTime;
    playing.forEach((each, at) => {
      each.gain.gain.cancelScheduledValues(now);
      each.gain.gain.setValueAtTime(each.gain.gain.value, now);
      each.gain.gain.linearRampToValueAtTime(at === heard ? 1 : 0, now + RAMP_SECONDS);
    });
    show();
  }

  function answer(choice) {
    if (session.isRevealed) {
      return;
    }
    if (choice === "Original") {
      say("You hear the original. Switch to a letter, then choose it.");
      return;
    }
    session.choose(clip, choice);
    keep();
    const name = "Clip " + (clip + 1) + ": " + (choice === "none" ? "no difference" : choice) + ". ";
    const next = session.nextOpen(clip);
    if (next < 0) {
      show();
      say(name + "All clips have an answer: finish, or go back to change one.");
    } else {
      open(next, name);
    }
  }

  function move(step) {
    open((clip + step + data.clips.length) % data.clips.length, "");
  }

  function show() {
    find("clip-title").textContent = "Clip " + (clip + 1) + " of " + data.clips.length + ": " + data.clips[clip];
    find("progress").textContent = session.answered() + " of " + data.clips.length + " answered";
    find("test").setAttribute("aria-busy", String(!buffers.length));
    titles.forEach((title, index) => {
      const button = find("sounds").children[index];
      const isChosen = session.answers[clip] === title;
      button.setAttribute("aria-pressed", String(index === heard));
      button.classList.toggle("chosen", isChosen);
      button.setAttribute("aria-label", title + (isChosen ? ", your choice" : ""));
    });
    find("none").setAttribute("aria-pressed", String(session.answers[clip] === "none"));
    find("play").setAttribute("aria-pressed", String(playing.length > 0));
    find("position").max = duration().toFixed(2);
    showPosition();
  }

  function showPosition() {
    const seconds = position();
    find("position").value = seconds.toFixed(2);
    find("position").setAttribute("aria-valuetext", seconds.toFixed(1) + " seconds");
    find("time").textContent = seconds.toFixed(1) + " s";
  }

  function tick() {
    if (playing.length) {
      showPosition();
    }
    requestAnimationFrame(tick);
  }

  function fill(table, caption, head, rows) {
    table.replaceChildren();
    table.createCaption().textContent = caption;
    const headRow = table.createTHead().insertRow();
    head.forEach((text) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = text;
      headRow.append(cell);
    });
    const body = table.createTBody();
    rows.forEach((row) => {
      const line = body.insertRow();
      row.forEach((text) => {
        line.insertCell().textContent = text;
      });
    });
  }

  function finish() {
    stop();
    const results = session.reveal(JSON.parse(atob(data.sealed)));
    keep();
    find("test").hidden = true;
    find("results").hidden = false;
    let words = session.answered() + " of " + data.clips.length + " clips have an answer; no difference was heard in "
      + results.undecided + ".";
    if (results.counts.length === 2) {
      const chance = signTest(results.counts[0].count, results.counts[1].count);
      words += " If both were the same, so uneven a result would come about with a chance of "
        + (chance < 0.001 ? "less than 0.001" : chance.toFixed(3)) + " (sign test).";
    }
    find("summary").textContent = words;
    fill(find("counts"), "How often each was chosen", ["Sound", "Chosen"],
      results.counts.map((each) => [each.label, String(each.count)]));
    fill(find("table"), "All clips", ["Clip", "Answer", "Chosen"].concat(data.letters),
      results.rows.map((row) => [row.clip, row.answer, row.preferred].concat(row.letters)));
    const csv = session.csv(results.rows);
    find("csv").value = csv;
    find("download").href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    find("results-title").focus();
  }

  titles.forEach((title, index) => {
    const button = document.createElement("button");
    const key = document.createElement("kbd");
    button.type = "button";
    key.textContent = String(index + 1);
    button.append(title + " ", key);
    button.setAttribute("aria-keyshortcuts", String(index + 1));
    button.addEventListener("click", () => hear(index));
    find("sounds").append(button);
  });
  find("play").addEventListener("click", () => (playing.length ? stop() : play()));
  find("position").addEventListener("input", (event) => seek(Number(event.target.value)));
  find("prefer").addEventListener("click", () => answer(titles[heard]));
  find("none").addEventListener("click", () => answer("none"));
  find("previous").addEventListener("click", () => move(-1));
  find("next").addEventListener("click", () => move(1));
  find("finish").addEventListener("click", finish);

  document.addEventListener("pointerdown", () => {
    isFocusByPointer = true;
  });
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.target.matches("button") && isFocusByPointer) {
      event.preventDefault(); // else some browsers press the button too
    }
  });
  document.addEventListener("keydown", (event) => {
    if (session.isRevealed || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    // A button reached by the keyboard keeps Space and Enter, a slider its arrows.
    if (event.key === "Tab") {
      isFocusByPointer = false;
    }
    const isOnButton = event.target.matches("button") && !isFocusByPointer;
    const isOnSlider = event.target.id === "position";
    const actions = { ArrowUp: () => move(-1), ArrowDown: () => move(1), 0: () => answer("none") };
    if (!isOnSlider) {
      actions.ArrowLeft = () => seek(position() - 1);
      actions.ArrowRight = () => seek(position() + 1);
    } else {
      delete actions.ArrowUp;
      delete actions.ArrowDown;
    }
    if (!isOnButton) {
      actions[" "] = () => (playing.length ? stop() : play());
      actions.Enter = () => answer(titles[heard]);
    }
    titles.forEach((title, index) => {
      actions[String(index + 1)] = () => hear(index);
    });
    const action = actions[event.key];
    if (action && !(event.repeat && !event.key.startsWith("Arrow"))) {
      event.preventDefault();
      action();
    }
  });

  const wasRevealed = recall() && session.isRevealed;
  if (wasRevealed) {
    finish();
  } else {
    open(Math.max(0, session.nextOpen(data.clips.length - 1)), "");
    tick();
  }
})();
