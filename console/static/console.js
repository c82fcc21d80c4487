// The moving parts of an app's page: its live region, fetched anew every two seconds, and its log, read as server-sent
// events. Text from elsewhere only ever becomes text: it is never parsed as HTML here.
"use strict";

const refreshEvery = 2000; // milliseconds
const retryAfter = 5000; // milliseconds
const linesKept = 1500;

const live = document.getElementById("live");
if (live) {
  keepFresh(live);
}
const log = document.getElementById("log");
if (log) {
  readLog(log, document.getElementById("log-filter"), document.getElementById("log-state"));
}

async function keepFresh(region) {
  for (;;) {
    await new Promise((done) => setTimeout(done, refreshEvery));
    await refresh(region);
  }
}

// refresh replaces the region if it has changed, unless nobody looks or somebody is about to press a button in it.
async function refresh(region) {
  if (document.hidden || region.matches(":active")) return;
  let answer;
  try {
    answer = await fetch(region.dataset.url, { credentials: "same-origin" });
  } catch {
    return; // the server is away; the page stays as it was
  }
  if (answer.status === 401 || answer.status === 404) location.reload();
  if (!answer.ok) return;
  const page = await answer.text();
  if (region.shown === page || region.matches(":active")) return;
  region.shown = page;
  const focus = place(region, document.activeElement);
  region.innerHTML = page; // made by our own server's templates, which escape
  if (focus) region.querySelector(focus)?.focus();
}

// place names a button that has the focus, so that it can be found again in the next rendering.
function place(region, element) {
  if (!element || element === region || !region.contains(element)) return "";
  const label = element.getAttribute("aria-label");
  return label ? `[aria-label="${CSS.escape(label)}"]` : "";
}

// readLog shows lines as they come. The browser reconnects by itself and goes on after the last line that it has seen.
function readLog(box, filter, state) {
  let events;
  const open = () => {
    events?.close();
    box.replaceChildren();
    state.textContent = "";
    events = new EventSource(box.dataset.url + (filter.value ? "?" + filter.value : ""));
    events.onopen = () => { state.textContent = "live"; };
    events.onerror = () => {
      state.textContent = "connection lost, trying again";
      if (events.readyState === EventSource.CLOSED) setTimeout(open, retryAfter); // it was refused, and has given up
    };
    events.onmessage = (message) => append(box, message.data.split("\n"));
  };
  filter.addEventListener("change", open);
  window.addEventListener("pagehide", () => events.close());
  window.addEventListener("pageshow", (shown) => { if (shown.persisted) open(); });
  open();
}

// append adds lines below and keeps the end in view, unless the reader has scrolled up.
function append(box, lines) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  for (const line of lines) box.append(render(line));
  while (box.childElementCount > linesKept) box.firstElementChild.remove();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

// render makes an element of "2026-11-23T08:00:00.000000+00:00 app[web.1]: text". Colours of the text are dropped.
function render(line) {
  const row = document.createElement("div");
  const parts = /^(\d{4}-\d\d-\d\dT\S+) ([a-z]+\[([^\]]*)\]): ([^]*)$/.exec(line);
  if (!parts) {
    row.textContent = line;
    return row;
  }
  const [, time, head, process, text] = parts;
  const stamp = document.createElement("time");
  stamp.dateTime = time;
  stamp.title = time;
  stamp.textContent = new Date(time).toLocaleTimeString([], { hour12: false });
  const name = document.createElement("b");
  name.className = "h" + hue(process);
  name.textContent = head;
  row.append(stamp, " ", name, " ", text.replace(/\x1b\[[0-9;:]*m/g, ""));
  return row;
}

// hue gives each process a colour of its own, the same one every time.
function hue(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  return sum % 5;
}
