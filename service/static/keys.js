// Keys: whatever says data-key="x" is pressed, or gets the focus, by x, inside a field by Alt+x;
// Ctrl+Enter sends a form.
"use strict";

const FIELDS = "input, textarea, select";

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (at.form) at.form.requestSubmit(at.form.querySelector("[type=submit]"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.repeat) return;
  if (at.matches(FIELDS) && !event.altKey) return;
  // The button or link that has the focus answers to Enter itself.
  if (event.key === "Enter" && at.matches("a, button, summary")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = document.querySelector('[data-key="' + CSS.escape(key) + '"]');
  if (!found) return;
  event.preventDefault();
  if (found.matches(FIELDS)) found.focus();
  else found.click();
});

// A form is sent once, however often its button is pressed.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
