// The search of these pages: reads the parts of an index that lie beside it (see newsarchive.export.htmlsite).
"use strict";
(() => {
  const SHOWN = 20;
  const waiting = new Map();
  const known = new Map();
  const folder = document.currentScript.src.replace(/[^/]*$/, "");
  const field = document.getElementById("q");
  const said = document.getElementById("said");
  const list = document.getElementById("found");
  const more = document.getElementById("more");

  window.newsarchivePart = (name, value) => waiting.get(name)?.(value);

  function part(name) {
    if (!known.has(name)) {
      known.set(name, new Promise((give, fail) => {
        waiting.set(name, give);
        const script = document.createElement("script");
        script.src = `${folder}${name}.js`;
        script.onerror = () => fail(new Error(`the file search/${name}.js is missing`));
        document.head.append(script);
      }));
    }
    return known.get(name);
  }

  // As `words_of` makes them in Python.
  function wordsOf(text, start) {
    const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const unspaced = new RegExp(`([${start.unspaced}]+)`, "u");
    const found = [];
    for (const run of plain.match(/[\p{L}\p{N}]+/gu) ?? []) {
      run.split(unspaced).forEach((piece, number) => {
        const letters = [...piece];
        if (number % 2 && letters.length > 1) {
          for (let i = 0; i + 1 < letters.length; i++) found.push(letters[i] + letters[i + 1]);
        } else if (piece) {
          found.push(letters.slice(0, start.word_characters).join(""));
        }
      });
    }
    return [...new Set(found)];
  }

  function hashed(word) {
    let found = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(word)) found = Math.imul(found ^ byte, 0x01000193) >>> 0;
    return found;
  }

  // Article number → in how many headlines of the words it stands; null for a word that is too common to narrow anything.
  async function articlesOf(word, start) {
    const words = await part(`words-${hashed(word) % start.parts}`);
    if (!Object.hasOwn(words, word)) return new Map();
    if (words[word] === 0) return null;
    const found = new Map();
    let code = 0;
    for (const step of words[word]) {
      code += step;
      found.set(code >> 1, code & 1);
    }
    return found;
  }

  async function search(text) {
    const start = await part("start");
    const words = wordsOf(text, start);
    const lists = await Promise.all(words.map((word) => articlesOf(word, start)));
    const common = words.filter((_, i) => lists[i] === null);
    const narrowing = lists.filter(Boolean).sort((a, b) => a.size - b.size);
    let found = [];
    if (narrowing.length) {
      for (const [article, score] of narrowing[0]) {
        const others = narrowing.slice(1).map((own) => own.get(article));
        if (!others.includes(undefined)) found.push([article, others.reduce((a, b) => a + b, score)]);
      }
      const day = (article) => start.days[article] ?? -Infinity;
      found.sort((a, b) => b[1] - a[1] || day(b[0]) - day(a[0]) || a[0] - b[0]);
      found = found.map(([article]) => article);
    }
    return { start, words, common, found };
  }

  async function show(start, found, from) {
    const some = found.slice(from, from + SHOWN);
    const parts = await Promise.all(some.map((article) => part(`articles-${Math.floor(article / start.part_articles)}`)));
    some.forEach((article, i) => {
      const [href, headline, site, day] = parts[i][article % start.part_articles];
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href });
      link.append(Object.assign(document.createElement("bdi"), { textContent: headline }));
      const time = Object.assign(document.createElement("time"), { textContent: day });
      const soft = Object.assign(document.createElement("span"), { className: "soft", textContent: ` ${site}` });
      item.append(link, document.createElement("br"), time, soft);
      list.append(item);
    });
    more.hidden = from + SHOWN >= found.length;
    more.onclick = () => show(start, found, from + SHOWN);
  }

  async function run() {
    const text = new URLSearchParams(location.search).get("q") ?? "";
    field.value = text;
    if (!text.trim()) return;
    document.title = `${text} · ${document.title}`;
    said.textContent = "Searching …";
    try {
      const { start, words, common, found } = await search(text);
      const told = [];
      if (!words.length) told.push("Nothing to look for: give a word.");
      else if (common.length === words.length) told.push("All of these words are in too many articles: add a rarer one.");
      else told.push(found.length === 1 ? "1 article." : `${found.length.toLocaleString("en")} articles.`);
      const alone = new RegExp(`^[${start.unspaced}]$`, "u");
      if (!found.length && words.some((word) => alone.test(word))) told.push("Of Chinese, Japanese or Thai type two characters or more.");
      if (common.length && common.length < words.length) told.push(`Too common to narrow it: ${common.join(", ")}.`);
      said.textContent = told.join(" ");
      await show(start, found, 0);
    } catch (error) {
      said.textContent = `The search failed: ${error.message}.`;
    }
  }

  run();
})();
