"use strict";

/** The answers of a test: without a page, so that it can be tried without a browser. */
class Session {
  /** `names` are the clips, `letters` the sounds of each that can be chosen. */
  constructor(names, letters) {
    this.names = names;
    this.letters = letters;
    this.answers = names.map(() => null);
    this.isRevealed = false;
  }

  /** Choose a letter for a clip, or "none"; false where that is not possible. */
  choose(clip, answer) {
    const isKnown = answer === "none" || this.letters.includes(answer);
    if (this.isRevealed || !isKnown || clip < 0 || clip >= this.names.length) {
      return false;
    }
    this.answers[clip] = answer;
    return true;
  }

  /** The next clip after `clip` without an answer, from the first again after the last; -1 where all have one. */
  nextOpen(clip) {
    for (let step = 1; step <= this.names.length; step++) {
      const at = (clip + step) % this.names.length;
      if (this.answers[at] === null) {
        return at;
      }
    }
    return -1;
  }

  answered() {
    return this.answers.filter((answer) => answer !== null).length;
  }

  /** What can be stored, and read again by `restore`. */
  stored() {
    return JSON.stringify({ answers: this.answers, isRevealed: this.isRevealed });
  }

  /** Take over what was `stored`; false, changing nothing, where it does not belong to this test. */
  restore(text) {
    let given;
    try {
      given = JSON.parse(text);
    } catch (error) {
      return false;
    }
    const fits = given !== null && typeof given === "object" && Array.isArray(given.answers)
      && given.answers.length === this.names.length
      && given.answers.every((each) => each === null || each === "none" || this.letters.includes(each));
    if (!fits) {
      return false;
    }
    this.answers = given.answers;
    this.isRevealed = given.isRevealed === true;
    return true;
  }

  /** End the test. `key` has for each clip the label behind each letter. */
  reveal(key) {
    this.isRevealed = true;
    const labels = key[0].slice().sort();
    const counts = labels.map((label) => ({ label: label, count: 0 }));
    let undecided = 0;
    const rows = this.names.map((name, clip) => {
      const answer = this.answers[clip];
      let preferred = "";
      if (answer === "none") {
        undecided += 1;
        preferred = "no difference";
      } else if (answer !== null) {
        preferred = key[clip][this.letters.indexOf(answer)];
        counts[labels.indexOf(preferred)].count += 1;
      }
      return { clip: name, answer: answer === null ? "" : answer, preferred: preferred, letters: key[clip] };
    });
    return { rows: rows, counts: counts, undecided: undecided };
  }

  /** The `rows` of what `reveal` gives as the text of a CSV file. */
  csv(rows) {
    const cell = (value) => (/[",\r\n]/.test(value) ? '"' + value.replace(/"/g, '""') + '"' : value);
    const lines = [["clip", "answer", "preferred"].concat(this.letters)];
    rows.forEach((row) => lines.push([row.clip, row.answer, row.preferred].concat(row.letters)));
    return lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
  }
}

/** The chance of a split at least as uneven as `one` to `other`, were both as likely: a two-sided sign test. */
function signTest(one, other) {
  const all = one + other;
  const few = Math.min(one, other);
  let term = Math.pow(0.5, all);
  let tail = 0;
  for (let at = 0; at <= few; at++) {
    tail += term;
    term *= (all - at) / (at + 1);
  }
  return Math.min(1, 2 * tail);
}
