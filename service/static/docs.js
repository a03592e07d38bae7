// The forms of /docs send their request from the page and show the answer below themselves.
"use strict";

async function send(form) {
  const headers = {};
  const body = form.elements.body ? form.elements.body.value : undefined;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const key = document.getElementById("key");
  if (key && key.value) headers.Authorization = "Bearer " + key.value;
  let path = form.elements.path ? form.elements.path.value : form.getAttribute("action");
  const fields = form.querySelectorAll("fieldset input");
  const given = [...fields].filter((field) => field.value).map((field) => [field.name, field.value]);
  if (given.length) path += "?" + new URLSearchParams(given);
  const began = performance.now();
  const response = await fetch(path, { method: form.dataset.method, headers, body });
  const text = await response.text();
  const took = Math.round(performance.now() - began);
  return response.status + " · " + took + " ms · " + response.headers.get("X-Request-ID") + "\n" + pretty(text);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

for (const form of document.querySelectorAll("form[data-method]")) {
  form.hidden = false;
  for (const fields of form.querySelectorAll("fieldset")) fields.hidden = fields.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = document.createElement("pre");
    shown.className = "border rounded p-2 answer";
    shown.textContent = "…";
    const output = form.parentElement.querySelector("output");
    output.hidden = false;
    output.replaceChildren(shown);
    try {
      shown.textContent = await send(form);
    } catch (error) {
      shown.textContent = "没有答复：" + error.message;
    }
  });
}
