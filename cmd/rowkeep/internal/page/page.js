
"use strict";
(() => {
const all = [...document.querySelectorAll(".f")];
const bar = document.getElementById("bar"), find = document.getElementById("find");
const q = document.getElementById("q"), shown = document.getElementById("shown"), nothing = document.getElementById("nothing");
if (!bar || all.length === 0) return;

// The radio buttons filter by themselves, in the style sheet; what is done here is the
// search, and the count of what both leave.
const picked = (name) => (bar.querySelector(`input[name=${name}]:checked`) || {}).value || "on";
const fits = (e, kind) => kind === "on" || e.classList.contains("k-" + kind);
let texts; // of the cards, read at the first search
let cards = all; // that are shown

function apply() {
  const words = q ? q.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
  if (words.length > 0 && !texts) texts = all.map((e) => e.textContent.toLowerCase());
  const state = picked("state"), kind = picked("kind");
  cards = all.filter((e, i) => {
    const found = words.every((w) => texts[i].includes(w));
    if (e.hidden === found) e.hidden = !found;
    return found && fits(e, state) && fits(e, kind);
  });
  shown.textContent = cards.length === all.length ? "" : `${cards.length} of ${all.length} shown`;
  shown.hidden = cards.length === all.length;
  nothing.hidden = cards.length > 0;
}

let waiting = 0;
function later() {
  clearTimeout(waiting);
  waiting = setTimeout(apply, all.length > 2000 ? 150 : 0);
}

function step(by) {
  const at = cards.indexOf(document.activeElement && document.activeElement.closest(".f"));
  const next = at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by;
  if (next < 0 || next >= cards.length) return;
  cards[next].focus({preventScroll: true});
  cards[next].scrollIntoView({block: "start"});
}

if (find) find.hidden = false;
bar.addEventListener("submit", (e) => e.preventDefault());
bar.addEventListener("input", later);
document.getElementById("reset").addEventListener("click", () => { bar.reset(); apply(); if (q) q.focus(); });
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Escape" && e.target === q) { q.value = ""; apply(); q.blur(); return; }
  if (e.target.matches("input[type=search]")) return;
  if (e.key === "/" && q) { q.focus(); q.select(); }
  else if (e.key === "j") step(1);
  else if (e.key === "k") step(-1);
  else return;
  e.preventDefault();
});
apply(); // a browser that comes back to the page may remember the filter
})();
