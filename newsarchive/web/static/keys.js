// j and k go to the next and the previous entry of a list, or article; Enter opens the entry. Nothing needs this script.
"use strict";
document.addEventListener("keydown", (event) => {
  const inField = event.target.closest && event.target.closest("input, select, textarea, [contenteditable]");
  if (inField || event.ctrlKey || event.altKey || event.metaKey || !["j", "k"].includes(event.key)) return;
  const isNext = event.key === "j";
  const entries = [...document.querySelectorAll(".hits h3 a, .rows > li > a:first-of-type, .timeline .name a")]
    .filter((entry) => !document.querySelector("article.article") && entry.offsetParent);
  if (entries.length) {
    const at = entries.indexOf(document.activeElement);
    const to = at < 0 ? (isNext ? 0 : entries.length - 1) : at + (isNext ? 1 : -1);
    if (entries[to]) entries[to].focus();
  } else {
    const link = document.querySelector(isNext ? "a[rel=next]" : "a[rel=prev]");
    if (link) link.click();
  }
});
