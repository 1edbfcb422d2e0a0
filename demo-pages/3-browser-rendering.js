// Renders the variant of the group that the server wrote into a cookie. A group without a template gets the first one.
const group = /(?:^|; )demo_group=([^;]+)/.exec(document.cookie)?.[1];
const placeholder = document.querySelector("[data-placeholder]");
const templates = [...placeholder.querySelectorAll("template")];
const template = templates.find(({ dataset }) => dataset.group === group) ?? templates[0];
placeholder.replaceChildren(...templates, template.content.cloneNode(true));

const shown = document.querySelector("[data-cookie]");
if (shown) shown.textContent = group ? `demo_group=${group}` : "none: this browser keeps no cookies";
