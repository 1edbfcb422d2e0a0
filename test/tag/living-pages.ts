/** A page of a dynamic site, and its final content. Every device is in group B. */
export interface LivingPage {
  readonly name: string;
  /** A file of test/cases/pages, or the page's HTML. `{api}` is the server's address. */
  readonly page: string;
  /** Other URLs of the site: pages, and scripts that begin with `import`. */
  readonly files?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** Final text of each placeholder. */
  readonly shows: readonly string[];
  /** Expected exposures by experiment; default one of each placed one. */
  readonly exposures?: Readonly<Record<string, number>>;
  /** Runs in the page once the variant is there. */
  readonly act?: string;
  /** True if the tag's other part comes only after `act`. */
  readonly isActBetweenParts?: boolean;
  /** Final text of each placeholder after `act`. */
  readonly afterwards?: readonly string[];
  /** Experiments exposed only after `act`. */
  readonly exposedByAct?: readonly string[];
  /** Content and exposures of a repeat view, if they differ from those before the act. */
  readonly again?: { readonly shows: readonly string[]; readonly exposures: Readonly<Record<string, number>> };
  /** Expression that becomes true. */
  readonly holds?: string;
  /** Texts that no frame may show after the variant. */
  readonly never?: readonly string[];
  /** Errors that the page has even without the tag. */
  readonly complains?: RegExp;
}

const TAG = `<script async src="{api}/tag.js"></script>`;
const HEAD = `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>A shop</title>${TAG}`;
const nm = (...paths: string[]) => paths.map((path) => `<script src="/__nm/${path}"></script>`).join("");
const REACT18 = nm("react/umd/react.production.min.js", "react-dom/umd/react-dom.production.min.js");
const REACT17 = nm("react17/umd/react.production.min.js", "react-dom17/umd/react-dom.production.min.js");
const VUE = nm("vue/dist/vue.global.prod.js");
const B = "BOOK A VISIT";
const GO = "window.go()";
const react = (body: string, load = REACT18) =>
  `${HEAD}</head><body><div id="root"></div>${load}<script>const h=React.createElement;${body}</script>`;
const app18 = (component: string) => react(`function App(){${component}} ReactDOM.createRoot(root).render(h(App))`);
const app17 = (component: string) => react(`function App(){${component}} ReactDOM.render(h(App),root)`, REACT17);
const tpl = (inner: string, group = "B") => `h('template',{'data-group':'${group}'},${inner})`;
const TPL = tpl(`h('a',null,'${B}')`);
const plain = (body: string) => `${HEAD}</head><body>${body}`;
const template = (html: string, group = "B") => `<template data-group="${group}">${html}</template>`;
/** A script that the years since have made common. */
const YEAR = "<script>document.write(2031)</script>";
const ORIGINAL = `<div data-exp="tpl"><a>GET QUOTE</a>${template(`<a>${B}</a>`)}</div>`;
const STATE = "const[d,s]=React.useState(0);window.go=()=>s(d+1);";

const shared: LivingPage[] = [
  { name: "React 18 hydrates templates written in JSX", page: "01-react-hydrate.html", shows: [B], complains: /./ },
  { name: "React 18 renders templates written in JSX", page: "02-react-client.html", shows: [B] },
  {
    name: "React 18 replaces what the variant replaced",
    page: "03-react-unmount.html",
    shows: ["Variant"],
    act: GO,
    afterwards: ["Thank you"],
    exposures: { htmlh: 1 },
  },
  {
    name: "Vue 3 renders and updates templates",
    page: "04-vue-client.html",
    shows: [B],
    act: GO,
    afterwards: ["Thanks"],
  },
  {
    name: "a variant among siblings that CSS looks at",
    page: "07-first-child.html",
    shows: ["New\ntext", "OneTwo", "New"],
    exposures: { tpl: 1, tpl2: 1, tpl3: 1 },
    holds:
      "getComputedStyle(document.getElementById('s')).marginTop !== '40px' && getComputedStyle(b1).marginLeft === '0px' && getComputedStyle(c).marginTop === '0px'",
  },
  {
    name: "a fragment that is in the variant",
    page: "13-fragment.html",
    query: "#plans",
    shows: ["Plans B"],
    holds: "scrollY > 1000",
  },
  {
    name: "React 18 hydrates a text",
    page: "20-hydrate-text.html",
    shows: ["New headline"],
    exposures: { headline: 1 },
    never: ["Old headline"],
  },
  {
    name: "React 17 hydrates a text",
    page: "28-react17-hydrate-text.html",
    shows: ["New headline"],
    never: ["Old headline"],
  },
  { name: "Vue 3 hydrates a text", page: "29-vue-ssr-text.html", shows: ["New headline"], never: ["Old headline"] },
  {
    name: "Swiper counts the variant's slides",
    page: "33-swiper.html",
    shows: ["New 1\nNew 2\nNew 3"],
    holds: "(sw.slideTo(2, 0), sw.activeIndex === 2)",
  },
  {
    name: "Swiper counts the variant's slides in a loop",
    page: "33-swiper.html",
    query: "?loop",
    shows: ["New 1\nNew 2\nNew 3"],
    holds: "sw.slides.length === 3",
  },
  {
    name: "Bootstrap's groups",
    page: "37-bootstrap-group.html",
    shows: ["Monthly\nYearly −20 %", "Start", "b\nc"],
    exposures: { tpl: 1, tpl2: 1, tpl3: 1 },
    holds: "getComputedStyle(v).marginLeft === '0px' && getComputedStyle(v).borderTopLeftRadius !== '0px'",
  },
  {
    name: "a shadow root that asks to be rendered before the groups are known",
    page: "08-shadow-click.html",
    shows: [],
    exposures: { tpl: 1 },
    holds: "document.querySelector('x-card').shadowRoot.querySelector('button').textContent === 'New'",
  },
];

const consents: LivingPage[] = [
  {
    name: "a visitor who consents on the first page takes part there, and on the next one at once",
    page: "34-consent-same-page.html",
    shows: ["Old"],
    exposures: { headline: 1 },
    act: "document.querySelector('button').click()",
    exposedByAct: ["headline"],
    afterwards: ["New headline"],
    again: { shows: ["New headline"], exposures: { headline: 1 } },
  },
  {
    name: "templates for a visitor who consents on the first page",
    page: plain(
      `<div data-exp="tpl">Loading…${template("<b>Old</b>", "A")}${template("<b>New</b>")}</div><script>go=()=>fairsplit.consent(true)</script>`,
    ).replace("<script async", '<script async data-consent="required"'),
    shows: ["Old"],
    exposures: { tpl: 1 },
    act: GO,
    exposedByAct: ["tpl"],
    afterwards: ["New"],
    again: { shows: ["New"], exposures: { tpl: 1 } },
  },
];

const reacts: LivingPage[] = [
  {
    name: "React 18 changes a text that the experiment decides",
    page: app18(`${STATE}return h('h1',{'data-exp':'headline','data-exp-text':''},d?'Old headline '+d:'Old headline')`),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
    never: ["Old headline 1"],
  },
  {
    name: "React 17 changes a text that the experiment decides",
    page: app17(`${STATE}return h('h1',{'data-exp':'headline','data-exp-text':''},d?'Old headline '+d:'Old headline')`),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
  },
  {
    name: "React 18 changes two texts that the experiment decides",
    page: app18(`${STATE}return h('h1',{'data-exp':'headline','data-exp-text':''},'Old ',d)`),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
  },
  {
    name: "React 18 sets the class anew",
    page: app18(
      `${STATE}return h('b',{className:d?'btn open':'btn','data-exp':'tpl','data-exp-class':'B:gold'},'Buy')`,
    ),
    shows: ["Buy"],
    act: GO,
    afterwards: ["Buy"],
    holds: "document.querySelector('b').className === 'btn open gold'",
  },
  {
    name: "React 18 sets the address anew",
    page: app18(`${STATE}return h('a',{href:d?'/old?x':'/old','data-exp':'link','data-exp-attr':'href'},'Go')`),
    shows: ["Go"],
    act: GO,
    afterwards: ["Go"],
    holds: "document.querySelector('a').getAttribute('href') === '/new'",
  },
  {
    name: "React 18 uses the element for another experiment",
    page: app18(
      `${STATE}const k=d?'u':'t';return h('div',{'data-exp':k},h('p',null,'Old '+k),${tpl("h('i',null,'New '+k)")})`,
    ),
    shows: ["New t"],
    act: GO,
    afterwards: ["New u"],
    exposures: { t: 1, u: 1 },
  },
  {
    name: "React 18 uses the element for no experiment",
    page: app18(`${STATE}return h('div',d?{}:{'data-exp':'t'},h('p',null,'Old'),d?null:${TPL})`),
    shows: [B],
    act: GO,
    afterwards: [],
    exposures: { t: 1 },
    holds: "root.innerText.trim() === 'Old'",
  },
  {
    name: "React 18 uses a text element for another experiment",
    page: app18(`${STATE}return h('h1',{'data-exp':d?'odd':'headline','data-exp-text':''},d?'Other':'Old headline')`),
    shows: ["New headline"],
    act: GO,
    afterwards: ["Other"],
    exposures: { headline: 1, odd: 1 },
  },
  {
    name: "React 18 makes its own content anew, with another key",
    page: app18(
      `${STATE}return h('div',{'data-exp':'tpl'},h('a',{key:d},'GET QUOTE'),${TPL.replace("{'data", "{key:'t','data")})`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "React 18 makes the placeholder anew, with another key",
    page: app18(`${STATE}return h('div',{key:d,'data-exp':'tpl'},h('a',null,'GET QUOTE'),${TPL})`),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "React 18 changes a text within what the variant replaced",
    page: app18(`${STATE}return h('div',{'data-exp':'tpl'},h('a',null,'GET QUOTE ',d),${TPL})`),
    shows: [B],
    act: GO,
    afterwards: [B],
  },
  {
    name: "React 18 takes the placeholder away and brings it back",
    page: app18(
      `${STATE}return h('main',null,'x',d===1?null:h('div',{'data-exp':'tpl'},h('a',null,'GET QUOTE'),${TPL}))`,
    ),
    shows: [B],
    act: `${GO};setTimeout(()=>window.go(),100)`,
    afterwards: [B],
  },
  {
    name: "React 18 with fragments and null",
    page: app18(
      `${STATE}return h('div',{'data-exp':'tpl'},h(React.Fragment,null,d?null:h('i',null,'x'),h('a',null,'GET QUOTE')),${TPL})`,
    ),
    shows: [B],
    act: GO,
    afterwards: ["GET QUOTE"],
  },
  {
    name: "React 18 updates in a list",
    page: app18(
      `${STATE}return h('ul',{'data-exp':'tpl'},[...Array(d+1).keys()].map(i=>h('li',{key:i},'item '+i)),${tpl("h('li',null,'B')")})`,
    ),
    shows: ["B"],
    act: `${GO}`,
    afterwards: ["item 0\nitem 1"],
  },
  {
    name: "React 18 in a table",
    page: app18(
      `return h('table',null,h('tbody',null,h('tr',{'data-exp':'tpl'},h('td',null,'Old'),${tpl("h('td',null,'New')")})))`,
    ),
    shows: ["New"],
  },
  {
    name: "React 18 in a drawing",
    page: app18(`return h('svg',{'data-exp':'tpl'},h('text',null,'Old'),${tpl("h('text',{y:20},'New')")})`),
    shows: [""],
    exposures: { tpl: 1 },
    holds: "document.querySelector('svg>text').textContent === 'New'",
  },
  {
    name: "React 17 removes what the variant replaced",
    page: app17(`${STATE}return h('div',{'data-exp':'htmlh'},d?h('b',null,'Thank you'):h('a',null,'GET QUOTE'))`),
    shows: ["Variant"],
    act: GO,
    afterwards: ["Thank you"],
    exposures: { htmlh: 1 },
  },
  {
    name: "React 17 hydrates an element",
    page: `${HEAD}</head><body><div id="root"><div data-exp="htmlh"><a>GET QUOTE</a></div></div>${REACT17}<script>setTimeout(()=>ReactDOM.hydrate(React.createElement('div',{'data-exp':'htmlh'},React.createElement('a',null,'GET QUOTE')),root),200)</script>`,
    shows: ["Variant"],
    never: ["GET QUOTE"],
  },
  {
    name: "React 18 hydrates late, 900 ms after the page",
    page: `${HEAD}</head><body><div id="root"><div data-exp="htmlh"><a>GET QUOTE</a></div></div>${REACT18}<script>setTimeout(()=>ReactDOM.hydrateRoot(root,React.createElement('div',{'data-exp':'htmlh'},React.createElement('a',null,'GET QUOTE'))),900)</script>`,
    shows: ["Variant"],
    never: ["GET QUOTE"],
  },
  {
    name: "React 19 renders, updates and removes",
    page: plain('<div id="root"></div><script src="/app.js"></script>'),
    files: {
      "/app.js": `import {useState} from "react19"; import {createRoot} from "react-dom19/client"; import {jsx} from "react19/jsx-runtime"; const h=(t,p,...c)=>jsx(t,{...p,children:c.length>1?c:c[0]}); function App(){const[d,s]=useState(false);window.go=()=>s(true);return h("div",{"data-exp":"htmlh"},d?h("b",{},"Thank you"):h("a",{},"GET QUOTE"))} createRoot(document.getElementById("root")).render(h(App,{}))`,
    },
    shows: ["Variant"],
    act: GO,
    afterwards: ["Thank you"],
    exposures: { htmlh: 1 },
  },
  {
    name: "React 19 hydrates a text",
    page: plain(
      '<div id="root"><h1 data-exp="headline" data-exp-text="">Old headline</h1></div><script src="/app.js"></script>',
    ),
    files: {
      "/app.js": `import {hydrateRoot} from "react-dom19/client"; import {jsx} from "react19/jsx-runtime"; setTimeout(()=>hydrateRoot(document.getElementById("root"),jsx("h1",{"data-exp":"headline","data-exp-text":"",children:"Old headline"})),100)`,
    },
    shows: ["New headline"],
    exposures: { headline: 1 },
    never: ["Old headline"],
  },
];

const VUE_APP = (template: string, data = "d:0") =>
  `${HEAD}</head><body><div id="app"></div>${VUE}<script>Vue.createApp({data:()=>({${data}}),mounted(){window.go=()=>this.d++},template:\`${template}\`}).mount('#app')</script>`;
/** Two placeholders, of which the first leaves before the second enters. */
const VUE_TRANSITION = VUE_APP(
  `<transition name="x" mode="out-in">${["tpl", "tpl2"]
    .map(
      (key, at) =>
        `<div ${at ? "v-else" : 'v-if="!d"'} key="${key}"><div data-exp="${key}"><a>Old</a><component is="template" data-group="B"><a>New ${key}</a></component></div></div>`,
    )
    .join("")}</transition>`,
);
const vues: LivingPage[] = [
  {
    name: "Vue changes a text that the experiment decides",
    page: VUE_APP('<h1 data-exp="headline" data-exp-text>Old {{d}}</h1>'),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
  },
  {
    name: "Vue sets the class anew",
    page: VUE_APP(`<b data-exp="tpl" data-exp-class="B:gold" :class="d?'btn open':'btn'">Buy</b>`),
    shows: ["Buy"],
    act: GO,
    afterwards: ["Buy"],
    holds: "document.querySelector('b').className === 'btn open gold'",
  },
  {
    name: "Vue updates a list",
    page: VUE_APP('<ul data-exp="htmlh"><li v-for="i in d+1" :key="i">item {{i}}</li></ul>'),
    shows: ["Variant"],
    act: GO,
    afterwards: ["item 1\nitem 2"],
  },
  {
    name: "Vue goes from one placeholder to another by a transition",
    page: VUE_TRANSITION,
    shows: ["New tpl"],
    act: GO,
    afterwards: ["New tpl2"],
    exposures: { tpl: 1, tpl2: 1 },
    exposedByAct: ["tpl2"],
    again: { shows: ["New tpl"], exposures: { tpl: 1 } },
  },
  {
    name: "Vue fades a page out whose path has changed, as Nuxt does",
    page: VUE_TRANSITION.replace(
      "</head>",
      "<style>.x-leave-active{transition:opacity .2s}.x-leave-to{opacity:0}</style></head>",
    ),
    shows: ["New tpl"],
    act: `history.pushState('','','/faded');${GO}`,
    afterwards: ["New tpl2"],
    holds: `fairsplit.events.filter(({event})=>event==='exposure').map(({experiment,path})=>experiment+path).join().match(/^tpl\\/\\d+(,tpl2\\/faded)?$/) !== null`,
    exposures: { tpl: 1 },
    again: { shows: ["New tpl"], exposures: { tpl: 1 } },
  },
  {
    name: "Vue takes a page's own markup as its template",
    page: `${HEAD}</head><body><div id="app"><h1 data-exp="headline" data-exp-text>Old headline</h1><p>{{d}}</p></div>${VUE}<script>setTimeout(()=>Vue.createApp({data:()=>({d:5})}).mount('#app'),150)</script>`,
    shows: ["New headline"],
    holds: "document.querySelector('p').textContent === '5'",
  },
  {
    name: "Vue hydrates templates that are written with v-html",
    page: `${HEAD}</head><body><div id="app"><main>${ORIGINAL}<p id="n">0</p></main></div>${VUE}<script>setTimeout(()=>Vue.createSSRApp({data:()=>({d:0,html:document.querySelector('[data-exp]').innerHTML}),mounted(){window.go=()=>{this.d=1}},template:'<main><div data-exp="tpl" v-html="html"></div><p id="n">{{d}}</p></main>'}).mount('#app'),200)</script>`,
    shows: [B],
    act: GO,
    afterwards: [B],
    holds: "document.querySelector('#n').textContent === '1'",
  },
  {
    name: "Vue hydrates an element",
    page: `${HEAD}</head><body><div id="root"><main><div data-exp="htmlh"><a>GET QUOTE</a></div></main></div>${VUE}<script>setTimeout(()=>Vue.createSSRApp({template:'<main><div data-exp="htmlh"><a>GET QUOTE</a></div></main>'}).mount('#root'),200)</script>`,
    shows: ["Variant"],
    never: ["GET QUOTE"],
  },
  {
    name: "Vue hydrates a page in Suspense after the app, as Nuxt does",
    page: `${HEAD}</head><body><div id="__nuxt"><h1 data-exp="headline" data-exp-text="">Old headline</h1></div>${VUE}<script>const page={async setup(){await new Promise(done=>setTimeout(done,700));return()=>Vue.h('h1',{'data-exp':'headline','data-exp-text':''},'Old headline')}};const app=Vue.createSSRApp({render:()=>Vue.h(Vue.Suspense,{onResolve(){app.$nuxt.isHydrating=false}},{default:()=>Vue.h(page)})});app.$nuxt={isHydrating:true};setTimeout(()=>app.mount('#__nuxt'),100)</script>`,
    shows: ["New headline"],
    never: ["Old headline"],
  },
];

const TURBO = nm("@hotwired/turbo/dist/turbo.es2017-umd.js");
const morphs: LivingPage[] = [
  {
    name: "idiomorph brings the page's markup back",
    page: plain(
      `<main>${ORIGINAL}</main>${nm("idiomorph/dist/idiomorph.js")}<script>html=document.querySelector('main').innerHTML;go=()=>Idiomorph.morph(document.querySelector('main'),html,{morphStyle:'innerHTML'})</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "idiomorph brings changed markup",
    page: plain(
      `<main>${ORIGINAL}</main>${nm("idiomorph/dist/idiomorph.js")}<script>html=document.querySelector('main').innerHTML.replace('GET QUOTE','GET QUOTE 2');go=()=>Idiomorph.morph(document.querySelector('main'),html,{morphStyle:'innerHTML'})</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE", "GET QUOTE 2"],
  },
  {
    name: "idiomorph brings a text back",
    page: plain(
      `<main><h1 data-exp="headline" data-exp-text>Old headline</h1></main>${nm("idiomorph/dist/idiomorph.js")}<script>html=document.querySelector('main').innerHTML;go=()=>Idiomorph.morph(document.querySelector('main'),html,{morphStyle:'innerHTML'})</script>`,
    ),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
    never: ["Old headline"],
  },
  {
    name: "idiomorph brings the class back",
    page: plain(
      `<main><b class="x" data-exp="tpl" data-exp-class="B:gold">Buy</b></main>${nm("idiomorph/dist/idiomorph.js")}<script>html=document.querySelector('main').innerHTML;go=()=>Idiomorph.morph(document.querySelector('main'),html,{morphStyle:'innerHTML'})</script>`,
    ),
    shows: ["Buy"],
    act: GO,
    afterwards: ["Buy"],
    holds: "document.querySelector('b').className === 'x gold'",
  },
  {
    name: "Turbo 8 refreshes the page by a morph",
    page: `${HEAD}<meta name="turbo-refresh-method" content="morph"><meta name="turbo-refresh-scroll" content="preserve"><script type="module">import * as Turbo from '/__nm/@hotwired/turbo/dist/turbo.es2017-esm.js';window.go=()=>Turbo.session.refresh(location.href)</script></head><body>${ORIGINAL}`,
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "Turbo visits another page",
    page: "36-turbo-a.html",
    shows: ["new a", "New headline"],
    act: "document.querySelectorAll('a')[1].click()",
    afterwards: ["new b", "New headline"],
    exposures: { tpl: 1, headline: 1 },
  },
  {
    name: "Turbo fills a frame",
    page: plain(
      `<turbo-frame id="f"><a href="/f">go</a>${ORIGINAL}</turbo-frame>${TURBO}<script>go=()=>document.querySelector('turbo-frame>a').click()</script>`,
    ),
    files: { "/f": plain(`<turbo-frame id="f"><h2>f</h2>${ORIGINAL}</turbo-frame>`) },
    shows: [B],
    act: GO,
    afterwards: [B],
    holds: "document.querySelector('h2')?.innerText === 'f'",
    never: ["GET QUOTE"],
  },
  ...["", 'method="morph"'].map((method) => ({
    name: `Turbo's stream replaces the page's markup ${method}`,
    page: plain(
      `<div id="s">${ORIGINAL}</div>${TURBO}<script>go=()=>Turbo.renderStreamMessage('<turbo-stream action="replace" ${method} target="s"><template><div id="s"><h2>s</h2>'+${JSON.stringify(ORIGINAL)}+'</div></template></turbo-stream>')</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    holds: "document.querySelector('h2')?.innerText === 's'",
    never: ["GET QUOTE"],
  })),
  {
    name: "htmx brings the page's markup back",
    page: plain(
      `<main hx-get="/part" hx-trigger="again">${ORIGINAL}</main>${nm("htmx.org/dist/htmx.min.js")}<script>go=()=>htmx.trigger('main','again')</script>`,
    ),
    files: { "/part": ORIGINAL },
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "htmx goes to another page by a boosted link, where the groups are known already",
    page: plain(
      `<a href="/b" id="go" hx-boost="true">b</a>${ORIGINAL}${nm("htmx.org/dist/htmx.min.js")}<script>go=()=>document.querySelector('#go').click()</script>`,
    ),
    files: { "/b": plain(`<h2>b</h2>${ORIGINAL}`) },
    shows: [B],
    act: GO,
    afterwards: [B],
    holds: "document.querySelector('h2')?.innerText === 'b'",
    never: ["GET QUOTE"],
  },
  {
    name: "htmx puts an answer into the placeholder",
    page: plain(
      `<div data-exp="tpl" id="p"><button>Old</button>${template('<button hx-get="/thanks" hx-target="#p">Buy</button>')}</div>${nm("htmx.org/dist/htmx.min.js")}<script>go=()=>{htmx.process(p);p.querySelector('button').click()}</script>`,
    ),
    files: { "/thanks": "<p>Thank you</p>" },
    shows: ["Buy"],
    act: GO,
    afterwards: ["Thank you"],
  },
  {
    name: "a script puts the original back",
    page: plain(
      `${ORIGINAL}<script>p=document.querySelector('[data-exp]');html=p.innerHTML;go=()=>p.innerHTML=html</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "a script puts the original text back in every frame",
    page: plain(
      `<h1 data-exp="headline" data-exp-text>Old headline</h1><script>go=()=>requestAnimationFrame(function f(){document.querySelector('h1').textContent='Old headline';requestAnimationFrame(f)})</script>`,
    ),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
    never: ["Old headline"],
  },
  {
    name: "a script insists on the original at once, again and again",
    page: plain(
      `<h1 data-exp="headline" data-exp-text>Old headline</h1>${ORIGINAL}<script>e=document.querySelector('h1');(undo=()=>{if(e.textContent!=='Old headline')e.textContent='Old headline'})();new MutationObserver(undo).observe(e,{childList:true,characterData:true,subtree:true})</script>`,
    ),
    shows: ["Old headline", B],
    exposures: { headline: 0, tpl: 1 },
  },
  {
    name: "a script insists on its class at once, again and again",
    page: plain(
      `<b data-exp="tpl" data-exp-class="B:gold">Buy</b><script>e=document.querySelector('b');new MutationObserver(()=>{if(e.className)e.className=''}).observe(e,{attributes:true})</script>`,
    ),
    shows: ["Buy"],
  },
  {
    name: "a script changes the variant",
    page: plain(`${ORIGINAL}<script>go=()=>document.querySelector('[data-exp] a').textContent='Booked'</script>`),
    shows: [B],
    act: GO,
    afterwards: ["Booked"],
  },
];

const others: LivingPage[] = [
  {
    name: "Alpine binds what is in the variant",
    page: `${HEAD}<script defer src="/__nm/alpinejs/dist/cdn.min.js"></script></head><body><div x-data="{n:0}"><div data-exp="tpl"><button @click="n++">Old</button>${template('<button @click="n++" x-text="n">New</button>')}</div></div>`,
    shows: ["0"],
    act: "document.querySelector('[data-exp]>button').click()",
    afterwards: ["1"],
  },
  {
    name: "Lit updates what the variant replaced",
    page: plain('<main></main><script src="/app.js"></script>'),
    files: {
      "/app.js": `import {html,render} from "lit"; const show=(d)=>render(html\`<div data-exp="htmlh">\${d?html\`<b>Thank you</b>\`:html\`<a>GET QUOTE</a>\`}</div>\`,document.querySelector("main")); show(false); window.go=()=>show(true)`,
    },
    shows: ["Variant"],
    act: GO,
    afterwards: ["Thank you"],
    exposures: { htmlh: 1 },
  },
  {
    name: "Lit changes a text that the experiment decides",
    page: plain('<main></main><script src="/app.js"></script>'),
    files: {
      "/app.js": `import {html,render} from "lit"; const show=(d)=>render(html\`<h1 data-exp="headline" data-exp-text>Old \${d}</h1>\`,document.querySelector("main")); show(1); window.go=()=>show(2)`,
    },
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
    exposures: { headline: 1 },
  },
  {
    name: "a listener on what data-exp-keep keeps",
    page: plain(
      `<div data-exp="tpl" data-exp-keep><button class="buy">Add to cart</button>${template('<button class="buy big">Buy now</button>')}</div><script>document.querySelector('.buy').addEventListener('click',()=>document.title='cart open')</script>`,
    ),
    shows: ["Buy now"],
    act: "document.querySelector('.buy').click()",
    holds: "document.title === 'cart open' && document.querySelector('.buy').className === 'buy big'",
  },
  {
    name: "a variant that is empty by accident",
    page: plain(`<div data-exp="tpl"><a>GET QUOTE</a>${template(" \n")}</div>`),
    shows: ["GET QUOTE"],
    exposures: { tpl: 0 },
  },
  {
    name: "a variant that is empty on purpose",
    page: plain(`<div data-exp="tpl"><a>GET QUOTE</a>${template("").replace(">", " data-empty>")}</div>`),
    shows: [""],
  },
  { name: "an object as text", page: plain(`<b data-exp="object" data-exp-text>Old</b>`), shows: ["Old"] },
  {
    name: "scripts in an experiment's html",
    page: plain(`<div data-exp="scripts">Old</div>`),
    shows: ["Variant"],
    holds: "window.ran === 1",
  },
  {
    name: "a footer's script writes the year, in the own content and in the template",
    page: plain(`<footer data-exp="tpl">© ${YEAR}, Old${template(`© ${YEAR}, New`)}</footer><p id="rest">rest</p>`),
    shows: ["© 2031, New"],
    holds: "!!rest && document.scripts.length === 2 && document.write === Document.prototype.write",
  },
  {
    name: "a script writes an element in parts, after the page has loaded",
    page: plain(
      `<ul><li>Old</li>${template("<li>New</li><script>document.write('<li class=','w>');document.writeln('Written');document.write('</li>')</script>")}</ul><script>go=()=>document.querySelector('ul').setAttribute('data-exp','tpl')</script>`,
    ),
    shows: [],
    exposures: { tpl: 1 },
    act: GO,
    afterwards: ["New\nWritten"],
    exposedByAct: ["tpl"],
    holds: "document.querySelectorAll('ul>li').length === 2 && !!document.querySelector('.w')",
  },
  {
    name: "a script writes a script, in content that is changed in place",
    page: plain(
      `<div data-exp="tpl" data-exp-keep><p>Old</p>${template("<p>New <script>document.write('<script>ran=1<\\/script>here')</script></p>")}</div><p id="rest">rest</p>`,
    ),
    shows: ["New here"],
    holds: "ran === 1 && !!rest",
  },
  {
    name: "a script in an experiment's html writes",
    page: plain(`<div data-exp="writes">Old</div><p id="rest">rest</p>`),
    shows: ["Variant"],
    holds: "!!rest",
  },
  {
    name: "scripts in a template",
    page: plain(`<div data-exp="tpl">Old${template("<b>New</b><script>window.ran=(window.ran||0)+1</script>")}</div>`),
    shows: ["New"],
    holds: "window.ran === 1",
  },
  {
    name: "groups with spaces and colons",
    page: plain(
      `<div data-exp="odd" data-exp-class="A:a Big Red: x:red big:x">Old${template("<b>New</b>", "Big Red: x")}</div>`,
    ),
    shows: ["New"],
    holds: "document.querySelector('div').className === 'red'",
  },
  {
    name: "an image with srcset, in a picture",
    page: plain(
      `<picture><source srcset="/s.png"><img alt="x" src="/old.png" srcset="/old2.png 2x" data-exp="picture" data-exp-attr="src"></picture>`,
    ),
    shows: [""],
    holds: "document.querySelector('img').src.endsWith('/new.png') && !document.querySelector('[srcset]')",
    complains: /404/,
  },
  {
    name: "a picture that gets another source later",
    page: plain(
      `<picture><img alt="x" src="/old.png" data-exp="picture" data-exp-attr="src"></picture><script>go=()=>document.querySelector('picture').insertAdjacentHTML('afterbegin','<source srcset="/s.png">')</script>`,
    ),
    shows: [""],
    act: GO,
    holds: "document.querySelector('img').src.endsWith('/new.png') && !document.querySelector('[srcset]')",
    complains: /404/,
  },
  {
    name: "2,000 changes elsewhere, and a placeholder among them",
    page: plain(
      `<main></main><script>go=()=>{for(let i=0;i<2000;i++){document.querySelector('main').append(document.createElement('i'));if(i===1000)document.querySelector('main').insertAdjacentHTML('beforeend',${JSON.stringify(`<p>${ORIGINAL}</p>`)})}}</script>`,
    ),
    shows: [],
    exposures: { tpl: 1 },
    exposedByAct: ["tpl"],
    act: GO,
    afterwards: [B],
    again: { shows: [], exposures: {} },
  },
  {
    name: "an ancestor that is taken away, and comes back with the page's own markup",
    page: plain(
      `<main><section>${ORIGINAL}</section></main><script>html=document.querySelector('main').innerHTML;go=()=>{const s=document.querySelector('section');s.remove();setTimeout(()=>{s.innerHTML=${JSON.stringify(ORIGINAL)};setTimeout(()=>document.querySelector('main').append(s),50)},50)}</script>`,
    ),
    shows: [B],
    act: `${GO};new Promise((r)=>setTimeout(r,150))`,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "typed text and focus",
    page: plain(
      `<form data-exp="tpl"><input name="mail">${template('<p>New</p><input name="mail">')}</form><script>document.querySelector('input').focus();document.querySelector('input').value='me@x'</script>`,
    ),
    shows: ["New"],
    holds: "document.activeElement === document.querySelector('form>input') && document.activeElement.value === 'me@x'",
  },
  {
    name: "a placeholder in the layout of an app that goes to a page of its experiment",
    page: plain(
      `<div data-exp="shop_only"><a>Old</a>${template("<a>New</a>")}</div><script>go=()=>history.pushState('','','/shop')</script>`,
    ),
    shows: ["Old"],
    exposures: { shop_only: 1 },
    act: `${GO};document.body.append('x')`,
    afterwards: ["New"],
  },
  {
    name: "placeholders in one another",
    page: plain(
      `<div data-exp="tpl">Old${template(`<b>New</b><i data-exp="tpl2">Old 2${template("New 2")}</i>`)}</div>`,
    ),
    shows: ["NewNew 2", "New 2"],
    exposures: { tpl: 1, tpl2: 1 },
  },
  {
    name: "a select",
    page: plain(
      `<select data-exp="tpl"><option>Old</option>${template("<option>New</option><option>Other</option>")}</select>`,
    ),
    shows: ["New\nOther"],
    exposures: { tpl: 1 },
    holds: "document.querySelector('select').value === 'New'",
  },
  {
    name: "a table",
    page: plain(
      `<table><tbody data-exp="tpl"><tr><td>Old</td></tr>${template("<tr><td>New</td></tr>")}</tbody></table>`,
    ),
    shows: ["New"],
  },
  {
    name: "a page that changes data-exp",
    page: plain(
      `<div data-exp="t"><a>Old</a>${template("<a>New t</a>")}</div><script>go=()=>{const p=document.querySelector('div');p.querySelector('template').innerHTML='New u';p.dataset.exp='u'}</script>`,
    ),
    shows: ["New t"],
    act: GO,
    afterwards: ["New u"],
    exposures: { t: 1, u: 1 },
  },
  {
    name: "a change in a form whose field hides its parent",
    page: plain(
      `<form><input type="hidden" name="parentNode">${ORIGINAL}</form><script>go=()=>document.forms[0].append('x')</script>`,
    ),
    shows: [B],
    act: `new Promise((resolve)=>setTimeout(resolve,300)).then(()=>${GO})`,
    afterwards: [B],
  },
  {
    name: "forms with a field that hides their methods, in the own content and in the variant",
    page: plain(
      `<div data-exp="tpl"><form><input type="hidden" name="matches">GET QUOTE</form>${template(`<form><input type="hidden" name="matches">${B}</form>`)}</div>`,
    ),
    shows: [B],
  },
  { name: "a page that waits until it is loaded", page: plain(`<div data-after="load">${ORIGINAL}</div>`), shows: [B] },
];

const PLACED = `h("div",{"data-exp":"tpl"},h("a",null,"GET QUOTE"),h("template",{"data-group":"B",dangerouslySetInnerHTML:{__html:"<a>${B}</a>"}}))`;

/** Pages that change when the tag's first part has shown the variant, before the other comes. */
const between: LivingPage[] = [
  {
    name: "idiomorph brings the page's markup back between the tag's parts",
    page: plain(
      `<main>${ORIGINAL}</main>${nm("idiomorph/dist/idiomorph.js")}<script>html=document.querySelector('main').innerHTML;go=()=>Idiomorph.morph(document.querySelector('main'),html,{morphStyle:'innerHTML'})</script>`,
    ),
    shows: [B],
    isActBetweenParts: true,
    act: GO,
    afterwards: [B],
  },
  {
    name: "React 18 hydrates a root of the page's own between the tag's parts",
    page: `${HEAD}</head><body><main><div data-exp="tpl"><a>GET QUOTE</a>${template(`<a>${B}</a>`)}</div></main>${REACT18}<script>go=()=>ReactDOM.hydrateRoot(document.querySelector('main'),React.createElement('div',{'data-exp':'tpl'},React.createElement('a',null,'GET QUOTE'),React.createElement('template',{'data-group':'B',dangerouslySetInnerHTML:{__html:'<a>${B}</a>'}}))) && 0</script>`,
    shows: [B],
    isActBetweenParts: true,
    act: GO,
    afterwards: [B],
    complains: /418|423|425/,
  },
  {
    name: "Preact hydrates a root of the page's own between the tag's parts",
    page: plain(
      `<div id="t"><main><div data-exp="tpl"><a>GET QUOTE</a>${template(`<a>${B}</a>`)}</div></main></div><script src="/app.js"></script>`,
    ),
    files: {
      "/app.js": `import {h,hydrate} from "preact"; window.go=()=>hydrate(h("main",{},${PLACED}),document.querySelector("#t"))`,
    },
    shows: [B],
    isActBetweenParts: true,
    act: GO,
    afterwards: [B],
  },
  {
    name: "React 18 renders the placeholder anew between the tag's parts",
    page: `${HEAD}</head><body>${ORIGINAL}<main></main>${REACT18}<script>go=()=>{document.querySelector('[data-exp]').remove();const h=React.createElement;ReactDOM.createRoot(document.querySelector('main')).render(h('div',{'data-exp':'tpl'},h('a',null,'GET QUOTE'),${TPL}))}</script>`,
    shows: [B],
    isActBetweenParts: true,
    act: GO,
    afterwards: [B],
    again: { shows: [B], exposures: { tpl: 1 } },
  },
  {
    name: "a page replaces its own content between the tag's parts",
    page: plain(
      `<div data-exp="t"><a>Old</a>${template("<a>New t</a>")}</div><script>go=()=>{const p=document.querySelector('div');p.querySelector('template').innerHTML='New u';p.dataset.exp='u'}</script>`,
    ),
    shows: ["New t"],
    isActBetweenParts: true,
    act: GO,
    afterwards: ["New u"],
    exposures: { t: 1, u: 1 },
    again: { shows: ["New t"], exposures: { t: 1 } },
  },
];

/** Final content of an app with templates, a text, a class and the experiment's html. */
const LIBRARY_SHOWS = [B, "New headline", "Buy", "Variant"];
const LIBRARY_EXPOSURES = { tpl: 1, headline: 1, tpl2: 1, htmlh: 1 };
const THANKS = [B, "New headline", "Buy", "Thank you"];
const HELD = "document.querySelector('b.gold.open') && document.querySelector('#n').textContent === 'n=1'";
const MARKUP = `${ORIGINAL}<h1 data-exp="headline" data-exp-text="">Old headline</h1><b class="x" data-exp="tpl2" data-exp-class="B:gold">Buy</b><div data-exp="htmlh"><a>GET QUOTE</a></div>`;
/** The app as a function of its number, for libraries that have a function of elements. */
const VIEW = `const view=(h,d)=>h("main",{},h("div",{"data-exp":"tpl"},h("a",{},"GET QUOTE "+d),h("template",{"data-group":"B"},h("a",{},"${B}"))),h("h1",{"data-exp":"headline","data-exp-text":""},"Old headline "+d),h("b",{class:d?"x open":"x","data-exp":"tpl2","data-exp-class":"B:gold"},"Buy"),h("div",{"data-exp":"htmlh"},d?h("i",{},"Thank you"):h("a",{},"GET QUOTE")),h("p",{id:"n"},"n="+d));`;
const library = (name: string, page: string, more: Partial<LivingPage> = {}): LivingPage => ({
  name,
  page,
  shows: LIBRARY_SHOWS,
  exposures: LIBRARY_EXPOSURES,
  act: GO,
  afterwards: THANKS,
  never: ["GET QUOTE 1", "Old headline 1"],
  holds: `!!(${HELD})`,
  ...more,
});
const imported = (name: string, script: string, inner = ""): LivingPage =>
  library(name, plain(`<div id="t">${inner}</div><script src="/app.js"></script>`), { files: { "/app.js": script } });
const changedBy = (name: string, load: string, change: string): LivingPage =>
  library(
    name,
    plain(
      `<main>${MARKUP}</main>${load}<script>main=document.querySelector('main');html=main.innerHTML;go=()=>{${change}}</script>`,
    ),
    { afterwards: LIBRARY_SHOWS, holds: "!!document.querySelector('b.gold')" },
  );
const reactHydrates = (name: string, before: string, after: string, script: string): LivingPage => ({
  name,
  page: `${before}${ORIGINAL}${after}`,
  files: { "/_next/app.js": script },
  shows: [B],
  exposures: { tpl: 1 },
  never: ["GET QUOTE"],
  holds: "window.isMounted === true",
});
/** A page whose framework hydrates the document, late, and loads its modules by the head. */
const documentHydrates = (name: string, entry: string, head = ""): LivingPage => ({
  name,
  page: `<!doctype html><html lang="en"><head>${head}${TAG}<link rel="icon" href="data:,"><title>A shop</title><link rel="modulepreload" href="${entry}"><script async src="${entry}"></script></head><body><h1 data-exp="headline" data-exp-text="">Old headline</h1></body></html>`,
  files: {
    [entry]: `import {createElement as h} from "react19"; import {hydrateRoot} from "react-dom19/client"; const App=()=>h("html",{lang:"en"},h("head",null,h("title",null,"A shop")),h("body",null,h("h1",{"data-exp":"headline","data-exp-text":""},"Old headline"))); setTimeout(()=>hydrateRoot(document,h(App)),300)`,
  },
  shows: ["New headline"],
  never: ["Old headline"],
});

const libraries: LivingPage[] = [
  imported(
    "Preact",
    `import {Component,h,render} from "preact"; ${VIEW} class App extends Component{render(){window.go=()=>this.setState({d:1});return view(h,this.state.d||0)}} render(h(App),document.querySelector("#t"))`,
  ),
  imported(
    "Mithril",
    `import m from "mithril"; ${VIEW} let d=0;window.go=()=>{d=1;m.redraw()};m.mount(document.querySelector("#t"),{view:()=>view(m,d)})`,
  ),
  library(
    "Vue 2",
    plain(
      `<div id="t"></div>${nm("vue2/dist/vue.min.js")}<script>new Vue({el:'#t',data:{d:0},mounted(){window.go=()=>{this.d=1}},template:\`<main><div data-exp="tpl"><a>GET QUOTE {{d}}</a><component is="template" data-group="B"><a>${B}</a></component></div><h1 data-exp="headline" data-exp-text>Old headline {{d}}</h1><b class="x" :class="{open:d}" data-exp="tpl2" data-exp-class="B:gold">Buy</b><div data-exp="htmlh"><i v-if="d" key="i">Thank you</i><a v-else key="a">GET QUOTE</a></div><p id="n">n={{d}}</p></main>\`})</script>`,
    ),
  ),
  library(
    "petite-vue",
    plain(
      `<main v-scope="{d:0}" @vue:mounted="window.go=()=>{d=1}"><div data-exp="tpl"><a>GET QUOTE {{d}}</a>${template(`<a>${B}</a>`)}</div><h1 data-exp="headline" data-exp-text>Old headline {{d}}</h1><b class="x" :class="{open:d}" data-exp="tpl2" data-exp-class="B:gold">Buy</b><div data-exp="htmlh"><i v-if="d">Thank you</i><a v-else>GET QUOTE</a></div><p id="n">n={{d}}</p></main><script src="/__nm/petite-vue/dist/petite-vue.iife.js" defer init></script>`,
    ),
  ),
  {
    name: "Solid hydrates a placeholder whose text it goes on changing",
    page: plain(
      `<script>_$HY={events:[],completed:new WeakSet(),r:{}}</script><div id="t"><main data-hk="0"><div data-exp="tpl"><a>GET QUOTE <!--$-->0<!--/--></a>${template(`<a>${B}</a>`)}</div><p id="n">n=<!--$-->0<!--/--></p></main></div><script src="/app.js"></script>`,
    ),
    files: {
      // As babel-preset-solid compiles it.
      "/app.js": `import {createSignal} from "solid-js"; import {getNextElement,getNextMarker,hydrate,insert,template} from "solid-js/web"; const made=template("<main></main>"); function App(){const[d,s]=createSignal(0);window.go=()=>s(1)&&0;const main=getNextElement(made);const a=main.firstChild.firstChild;const [end,now]=getNextMarker(a.firstChild.nextSibling.nextSibling);insert(a,d,end,now);const p=main.firstChild.nextSibling;const [end2,now2]=getNextMarker(p.firstChild.nextSibling.nextSibling);insert(p,d,end2,now2);return main} setTimeout(()=>hydrate(App,document.querySelector("#t")),200)`,
    },
    shows: [B],
    act: `setTimeout(()=>${GO},300)`,
    afterwards: [B],
    holds: "document.querySelector('#n').textContent === 'n=1'",
    never: ["GET QUOTE 0", "GET QUOTE 1"],
  },
  reactHydrates(
    "React 19 hydrates the document, as Next's app router does",
    `<!doctype html><html lang="en"><head><script async src="/_next/app.js"></script>${TAG}<title>A shop</title></head><body>`,
    "</body></html>",
    `import {createElement as h,useEffect} from "react19"; import {hydrateRoot} from "react-dom19/client"; const tag=document.querySelector("script[src*='tag.js']").getAttribute("src"); function App(){useEffect(()=>{window.isMounted=true});return h("html",{lang:"en"},h("head",null,h("script",{async:true,src:tag}),h("title",null,"A shop")),h("body",null,${PLACED}))} setTimeout(()=>hydrateRoot(document,h(App)),300)`,
  ),
  documentHydrates("React 19 hydrates the document, as React Router and Remix do", "/entry.client.js"),
  documentHydrates(
    "React 19 hydrates the document, as TanStack Start does",
    "/main.js",
    "<script>self.$_TSR={}</script>",
  ),
  reactHydrates(
    "React 18 hydrates an Astro island that has lost its mark already",
    `${HEAD}</head><body><astro-island ssr>`,
    `</astro-island><script src="/_next/app.js"></script>`,
    `import {createElement as h,startTransition,useEffect} from "react"; import {hydrateRoot} from "react-dom/client"; const island=document.querySelector("astro-island"); function App(){useEffect(()=>{window.isMounted=true});return ${PLACED}} setTimeout(()=>{startTransition(()=>{hydrateRoot(island,h(App))});island.removeAttribute("ssr")},300)`,
  ),
  reactHydrates(
    "React 18 hydrates a Suspense boundary that the server has streamed",
    `${HEAD}</head><body><div id="root"><!--$?--><template id="B:0"></template><p>Wait</p><!--/$--></div><script src="/_next/app.js"></script><div hidden id="S:0">`,
    `</div><script>setTimeout(()=>{const b=document.getElementById("B:0"),s=document.getElementById("S:0"),c=b.previousSibling;b.nextSibling.remove();b.replaceWith(...s.childNodes);c.data="$";s.remove()},50)</script>`,
    `import {createElement as h,Suspense,useEffect} from "react"; import {hydrateRoot} from "react-dom/client"; function App(){useEffect(()=>{window.isMounted=true});return ${PLACED}} setTimeout(()=>hydrateRoot(document.querySelector("#root"),h(Suspense,{fallback:h("p",null,"Wait")},h(App))),300)`,
  ),
  {
    name: "Alpine makes the page's own content in steps",
    page: plain(
      `<main x-data="{d:0}"><template x-if="true"><section><div data-exp="htmlh"><template x-if="!d"><a>GET QUOTE</a></template></div></section></template></main><script defer src="/__nm/alpinejs/dist/cdn.min.js"></script>`,
    ),
    shows: ["Variant"],
  },
  {
    name: "a carousel that has put the templates among its slides shows the page's own, not counted",
    page: plain(
      `<div id="c" data-exp="tpl"><div>Old 1</div><div>Old 2</div>${template("<div>New 1</div>")}</div>${nm("jquery/dist/jquery.min.js", "slick-carousel/slick/slick.min.js")}<script>$('#c').slick({infinite:false,arrows:false})</script>`,
    ).replace(
      TAG,
      `<script>addEventListener("load",()=>{const s=document.createElement("script");s.src='{api}/tag.js';document.head.append(s)})</script>`,
    ),
    shows: ["Old 1\nOld 2"],
    exposures: { tpl: 0 },
  },
  {
    name: "Slick moves a slide that is a placeholder",
    page: plain(
      `<div id="c"><div>1</div><div data-exp="tpl"><a>GET QUOTE</a>${template(`<a>${B}</a>`)}</div></div>${nm("jquery/dist/jquery.min.js", "slick-carousel/slick/slick.min.js")}<script>$('#c').slick({infinite:false})</script>`,
    ),
    shows: [B],
    act: "$('#c').slick('slickNext') && 0",
    exposures: { tpl: 1 },
  },
  {
    name: "Splide counts the variant's slides when it waits for the groups",
    page: plain(
      `<div id="c" class="splide"><div class="splide__track"><ul class="splide__list" data-exp="tpl"><li class="splide__slide">Old</li>${template('<li class="splide__slide">New 1</li><li class="splide__slide">New 2</li>')}</ul></div></div>${nm("@splidejs/splide/dist/js/splide.min.js")}<script>window.fairsplit=window.fairsplit||[];fairsplit.push(['ready',()=>{slider=new Splide('#c').mount()}])</script>`,
    ),
    shows: ["New 1\nNew 2"],
    holds: "slider.length === 2",
  },
  changedBy(
    "morphdom brings changed markup",
    nm("morphdom/dist/morphdom-umd.min.js"),
    "morphdom(main,'<main>'+html.replaceAll('QUOTE','QUOTE 1').replace('Old headline','Old headline 1')+'</main>')",
  ),
  changedBy(
    "Alpine morphs the page, as Livewire does",
    nm("@alpinejs/morph/dist/cdn.min.js", "alpinejs/dist/cdn.min.js").replaceAll("<script", "<script defer"),
    "Alpine.morph(main,'<main>'+html.replaceAll('QUOTE','QUOTE 1')+'</main>')",
  ),
  changedBy("jQuery puts the markup back", nm("jquery/dist/jquery.min.js"), "$(main).html(html)"),
  changedBy(
    "jQuery puts a copy in the place of all, with its data",
    nm("jquery/dist/jquery.min.js"),
    "$(main).replaceWith($(main).clone(true))",
  ),
  changedBy(
    "jQuery wraps the variant",
    nm("jquery/dist/jquery.min.js"),
    "$('[data-exp=htmlh],[data-exp=tpl]').wrapInner('<i>')",
  ),
  {
    name: "Swup visits another page",
    page: plain(
      `<main id="swup"><a href="/b">b</a>${ORIGINAL}</main>${nm("swup/dist/Swup.umd.js")}<script>new Swup({animationSelector:false})</script>`,
    ),
    files: { "/b": plain(`<main id="swup"><h2>b</h2>${ORIGINAL}</main>`) },
    shows: [B],
    act: "document.querySelector('a').click()",
    afterwards: [B],
    holds: "document.querySelector('h2')?.innerText === 'b'",
  },
  {
    name: "Stimulus connects what is in the variant",
    page: plain(
      `<main data-controller="c"><div data-exp="tpl"><a>GET QUOTE</a>${template(`<a data-action="c#hit" data-c-target="x">${B}</a>`)}</div></main>${nm("@hotwired/stimulus/dist/stimulus.umd.js")}<script>class C extends Stimulus.Controller{static targets=['x'];hit(){document.title='hit '+this.xTargets.length}};Stimulus.Application.start().register('c',C)</script>`,
    ),
    shows: [B],
    act: "document.querySelector('[data-exp]>a').click()",
    afterwards: [B],
    holds: "document.title === 'hit 1'",
  },
];

const unusual: LivingPage[] = [
  ...["#%E0%A4%A", "#100%", "#/a?b=c", "#:~:text=GET"].map((query) => ({
    name: `an address that ends in ${query}`,
    page: plain(ORIGINAL),
    query,
    shows: [B],
  })),
  {
    name: "routes in the address's fragment",
    page: plain(
      `<main></main><script>page=(k)=>'<div data-exp="'+k+'"><a>Old</a><template data-group="B"><a>New '+k+'</a></template></div>';draw=()=>{document.querySelector('main').innerHTML=page(location.hash==='#/u'?'u':'t')};addEventListener('hashchange',draw);draw();go=()=>{location.hash='#/u'}</script>`,
    ),
    shows: ["New t"],
    exposures: { t: 1, u: 1 },
    act: GO,
    afterwards: ["New u"],
    again: { shows: ["New t"], exposures: { t: 1 } },
  },
  {
    name: "a placeholder that the page writes while it is parsed",
    page: plain(`<script>document.write(${JSON.stringify(ORIGINAL)})</script><p>end`),
    shows: [B],
    exposures: { tpl: 1 },
  },
  {
    name: "a placeholder that comes three seconds late",
    page: plain(
      `<main></main><script>setTimeout(()=>{document.querySelector('main').innerHTML=${JSON.stringify(ORIGINAL)}},3000)</script>`,
    ),
    shows: [B],
    exposures: { tpl: 1 },
  },
  {
    name: "a copy of a shown placeholder, as carousels make",
    page: plain(
      `<main>${ORIGINAL}</main><script>go=()=>document.querySelector('main').append(document.querySelector('[data-exp]').cloneNode(true))</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B, B],
    again: { shows: [B], exposures: { tpl: 1 } },
  },
  {
    name: "a page that adds to its innerHTML",
    page: plain(
      `<main>${ORIGINAL}</main><script>go=()=>{document.querySelector('main').innerHTML+='<p>more</p>'}</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
  },
  {
    name: "a view transition",
    page: plain(
      `<main>${ORIGINAL}</main><script>go=()=>document.startViewTransition(()=>{document.querySelector('main').innerHTML='<h1>x</h1>'+${JSON.stringify(ORIGINAL)}}).finished</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "a custom element that renders itself when it is connected",
    page: plain(
      `<script>customElements.define('x-cta',class extends HTMLElement{connectedCallback(){this.innerHTML='<a>GET QUOTE</a><template data-group="B"><a>${B}</a></template>'}})</script><x-cta data-exp="tpl"></x-cta><script>go=()=>document.body.append(document.querySelector('x-cta'))</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  {
    name: "ids that the page has twice",
    page: plain(`<p id="buy">Old</p><div data-exp="tpl"><a id="buy">Old</a>${template('<a id="buy">New</a>')}</div>`),
    query: "#buy",
    shows: ["New"],
  },
  {
    name: "a frame with a page of its own",
    page: plain(`${ORIGINAL}<iframe title="x" src="/framed"></iframe>`),
    files: { "/framed": plain(`<div data-exp="tpl2">Old${template("Framed")}</div>`) },
    shows: [B],
    holds: "document.querySelector('iframe').contentDocument.querySelector('[data-exp]').innerText === 'Framed'",
  },
  {
    name: "a frame whose page is an attribute",
    page: plain(
      `${ORIGINAL}<iframe title="x" srcdoc='${TAG}<div data-exp="tpl2">Old<template data-group="B">Framed</template></div>'></iframe>`,
    ),
    shows: [B],
    holds: "document.querySelector('iframe').contentDocument.querySelector('[data-exp]').innerText === 'Framed'",
  },
  {
    name: "a dialog",
    page: plain(`<dialog>${ORIGINAL}</dialog><script>document.querySelector('dialog').showModal()</script>`),
    shows: [B],
    exposures: { tpl: 1 },
  },
  {
    name: "a translator that wraps and changes texts",
    page: plain(
      `<h1 data-exp="headline" data-exp-text>Old headline</h1><script>const words={'Old headline':'Alte Zeile','New headline':'Neue Zeile'};const translate=()=>{const h=document.querySelector('h1');const t=h.textContent;if(words[t]&&h.firstChild?.nodeType===3){const f=document.createElement('font');f.append(document.createElement('font'));f.firstChild.textContent=words[t];h.firstChild.replaceWith(f)}};new MutationObserver(translate).observe(document.querySelector('h1'),{childList:true,subtree:true,characterData:true});translate()</script>`,
    ),
    shows: ["Neue Zeile"],
  },
  {
    name: "an old page with font elements, whose script puts the original back",
    page: plain(
      `<div data-exp="tpl"><font color="red">GET QUOTE</font>${template(`<font color="blue">${B}</font>`)}</div><script>go=()=>{document.querySelector('[data-exp]>font').outerHTML='<font color="red">GET QUOTE</font>'}</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
    never: ["GET QUOTE"],
  },
  ...[
    '<h1 data-exp="headline" data-exp-text>Old headline</h1>',
    `<h1 data-exp="tpl">Old${template("New headline")}</h1>`,
  ].map((placeholder) => ({
    name: `a script that animates the letters of ${placeholder}`,
    page: plain(
      `${placeholder}<script>go=()=>{const h=document.querySelector('h1');for(const t of [...h.childNodes])if(t.nodeType===3)t.replaceWith(...[...t.data].map(c=>Object.assign(document.createElement('span'),{textContent:c})))}</script>`,
    ),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New headline"],
    holds: "document.querySelectorAll('h1>span').length === 12",
  })),
  {
    name: "an extension that makes links of numbers, again and again",
    page: plain(
      `<p data-exp="tpl">Call us${template("Call now 555-1234")}</p><script>const link=()=>{for(const t of document.querySelector('p').childNodes)if(t.nodeType===3&&/555/.test(t.data)){const s=document.createElement('span');s.innerHTML='Call now <a href="tel:5551234">555-1234</a>';t.replaceWith(s)}};new MutationObserver(link).observe(document,{childList:true,subtree:true})</script>`,
    ),
    shows: ["Call now 555-1234"],
    holds: "!!document.querySelector('p a')",
  },
  {
    name: "a framework that takes its nodes out of the element that they are in",
    page: plain(
      `<div data-exp="htmlh"><a>GET QUOTE</a></div><script>const a=document.querySelector('[data-exp]>a');go=()=>{const i=document.createElement('i');i.textContent='Thank you';a.parentElement.insertBefore(i,a);a.parentElement.removeChild(a)}</script>`,
    ),
    shows: ["Variant"],
    act: GO,
    afterwards: ["Thank you"],
  },
  {
    name: "a click in a closed shadow root, which counts as an event of its experiment, once",
    page: plain(
      `<section></section><script>const root=document.querySelector('section').attachShadow({mode:'closed'});root.innerHTML='<div data-exp="tpl">Old<template data-group="B"><button data-exp-click="buy">New</button></template></div>';window.fairsplit=[['render',root],['render',root]];go=()=>root.querySelector('button').click()</script>`,
    ),
    shows: [],
    exposures: { tpl: 1 },
    act: GO,
    holds: "fairsplit.events.filter(({event,experiment})=>event==='buy'&&experiment==='tpl').length === 1",
  },
  {
    name: "a closed shadow root whose content comes later",
    page: plain(
      `<section></section><script>const root=document.querySelector('section').attachShadow({mode:'closed'});window.fairsplit=[['render',root]];setTimeout(()=>{root.innerHTML=${JSON.stringify(ORIGINAL)};window.look=()=>root.querySelector('[data-exp]').innerText},300)</script>`,
    ),
    shows: [],
    exposures: { tpl: 1 },
    holds: `window.look?.() === '${B}'`,
  },
];

const SVG = "document.createElementNS('http://www.w3.org/2000/svg','svg')";
/** Replaces icons by drawings whenever one comes, as the scripts of Font Awesome do. */
const ICONS = `<script>drawn=0;draw=()=>{for(const i of document.querySelectorAll('i.icon')){const s=${SVG};s.setAttribute('class',i.id);i.replaceWith(s);drawn++}};new MutationObserver(draw).observe(document,{childList:true,subtree:true})</script>`;
const ICON = `<div data-exp="tpl"><i class="icon" id="old"></i> Buy${template('<i class="icon" id="new"></i> Buy')}</div>`;
/** Pages whose scripts rewrite what the variant consists of. */
const rewritten: LivingPage[] = [
  {
    name: "a banner that its own button takes away, as Bootstrap's alerts do",
    page: plain(
      `<div data-exp="tpl">Old${template('<p>Sale <button onclick="this.parentElement.remove()">x</button></p>')}</div>`,
    ),
    shows: ["Sale x"],
    act: "document.querySelector('button').click()",
    afterwards: [""],
  },
  ...[
    ["of a template", `<main data-exp="tpl">Old${template("<b>Variant</b>")}</main>`],
    ["of an experiment's html", `<main data-exp="htmlh">Old</main>`],
  ].map(([source, placeholder]) => ({
    name: `a banner ${source} that was taken away, on a page that then has no such experiment`,
    page: plain(`${placeholder}`),
    shows: ["Variant"],
    act: "document.querySelector('b').remove();setTimeout(()=>document.querySelector('main').removeAttribute('data-exp'),100)",
    afterwards: [],
    holds: "document.querySelector('main').innerText.trim() === 'Old'",
  })),
  {
    name: "a form that gives way to thanks",
    page: plain(
      `<div data-exp="tpl">Old${template("<form onsubmit=\"event.preventDefault();this.outerHTML='<p>Thank you</p>'\"><button>Send</button></form>")}</div>`,
    ),
    shows: ["Send"],
    act: "document.querySelector('button').click()",
    afterwards: ["Thank you"],
  },
  {
    name: "htmx replaces a button of the variant",
    page: plain(
      `<div data-exp="tpl">Old${template('<button hx-get="/thanks" hx-swap="outerHTML">Buy</button>')}</div>${nm("htmx.org/dist/htmx.min.js")}<script>go=()=>{htmx.process(document.body);document.querySelector('button').click()}</script>`,
    ),
    files: { "/thanks": "<p>Thank you</p>" },
    shows: ["Buy"],
    act: GO,
    afterwards: ["Thank you"],
  },
  {
    name: "icons that a script replaces, beside the own content's text",
    page: plain(ICON + ICONS),
    shows: ["Buy"],
    holds: "!!document.querySelector('[data-exp] #new, [data-exp] .new') && drawn <= 2",
  },
  {
    name: "icons that a script has found before the variant came, and replaces then",
    page: plain(`${ICON}<script>const own=document.querySelector('#old');go=()=>{own.replaceWith(${SVG})}</script>`),
    shows: ["Buy"],
    act: GO,
    afterwards: ["Buy"],
    holds: "!!document.querySelector('[data-exp]>#new') && !document.querySelector('[data-exp]>svg')",
  },
  {
    name: "a script wraps what the variant replaced, as GSAP's pins do",
    page: plain(
      `${ORIGINAL}<script>const own=document.querySelector('[data-exp]>a');go=()=>{const s=document.createElement('div');own.parentNode.insertBefore(s,own);s.append(own)}</script>`,
    ),
    shows: [B],
    act: GO,
    afterwards: [B],
  },
  {
    name: "a number that a script swaps in the own content, and then in the same one of a larger variant",
    page: plain(
      `<div data-exp="tpl"><a>555</a>${template('<a class="big">555</a>')}</div><script>swaps=0;const swap=()=>{for(const a of document.querySelectorAll('a'))if(a.textContent==='555'){swaps++;a.firstChild.data='800'}};swap();new MutationObserver(swap).observe(document,{childList:true,subtree:true})</script>`,
    ),
    shows: ["800"],
    holds: "swaps <= 2 && !!document.querySelector('[data-exp]>.big')",
  },
  ...[true, false].map((isActBetweenParts) => ({
    name: `a copy of a placeholder with a listener, as sticky headers have, ${isActBetweenParts ? "between the tag's parts" : "later"}`,
    page: plain(
      `<div data-exp="tpl"><a>GET QUOTE</a>${template(`<a>${B}</a>${isActBetweenParts ? "" : "<script>ran++</script>"}`)}</div><script>ran=0;go=()=>{const c=document.querySelector('[data-exp]').cloneNode(true);c.querySelector('a').onclick=()=>{document.title='hit'};document.body.append(c)}</script>`,
    ),
    shows: [B],
    isActBetweenParts,
    act: GO,
    afterwards: [B, B],
    holds: "(document.querySelectorAll('[data-exp]>a')[1].click(), document.title === 'hit' && ran <= 1)",
    again: { shows: [B], exposures: { tpl: 1 } },
  })),
  {
    name: "Vue 2 puts a component in the place of the variant's element",
    page: plain(
      `<div data-exp="tpl">Old${template('<div id="w">Wait</div>')}</div>${nm("vue2/dist/vue.min.js")}<script>go=()=>{new Vue({el:'#w',template:'<section>Component</section>'})}</script>`,
    ),
    shows: ["Wait"],
    act: GO,
    afterwards: ["Component"],
  },
  {
    name: "a text without payload that the page changes all the time, and another path then",
    page: plain(
      `<b data-exp="tpl" data-exp-text>0</b><script>go=()=>{let n=0;const t=setInterval(()=>{document.querySelector('b').textContent=++n;if(n===150){clearInterval(t);history.pushState('','','/counted')}},1)}</script>`,
    ),
    shows: ["0"],
    act: GO,
    afterwards: ["150"],
    holds: "fairsplit.events.filter(({event})=>event==='exposure').length === 2",
  },
  {
    name: "a script makes a link of the own content, and then of a template that is the same",
    page: plain(
      `<div data-exp="tpl">Call 555${template("Call 555")}</div><script>links=0;const link=()=>{for(const t of document.querySelector('[data-exp]').childNodes)if(t.nodeType===3){links++;const a=document.createElement('a');a.textContent=t.data;t.replaceWith(a)}};link();new MutationObserver(link).observe(document,{childList:true,subtree:true})</script>`,
    ),
    shows: ["Call 555"],
    holds: "links <= 2 && !!document.querySelector('[data-exp]>a')",
  },
  {
    name: "a quotation that a script replaces by a frame, as embedded posts are",
    page: plain(
      `<div data-exp="tpl"><img alt="x" src="data:,">${template("<blockquote>A post</blockquote>")}</div><script>framed=0;go=()=>setInterval(()=>{const b=document.querySelector('blockquote');if(!b)return;framed++;b.replaceWith(Object.assign(document.createElement('iframe'),{title:'x'}))},100)</script>`,
    ),
    shows: ["A post"],
    act: `${GO};new Promise((resolve)=>setTimeout(resolve,500))`,
    afterwards: [""],
    holds: "framed === 1 && !!document.querySelector('[data-exp] iframe')",
  },
  {
    name: "emoji that a script replaces by images, and then no such experiment",
    page: plain(
      `<main data-exp="tpl">Old${template("New \u{1f389} yes")}</main><script>images=0;const draw=()=>{for(const t of document.querySelector('main').childNodes)if(t.nodeType===3&&/\u{1f389}/u.test(t.data)){images++;t.replaceWith('New',new Image,'yes')}};new MutationObserver(draw).observe(document,{childList:true,subtree:true});go=()=>{window.was=document.querySelectorAll('img').length;document.querySelector('main').removeAttribute('data-exp')}</script>`,
    ),
    shows: ["Newyes"],
    act: GO,
    afterwards: [],
    holds: "was === 1 && images === 1 && document.querySelector('main').innerText.trim() === 'Old'",
  },
  {
    name: "a text whose words a script swaps, as those of telephone numbers do",
    page: plain(
      `<h1 data-exp="headline" data-exp-text>Old headline</h1><script>go=()=>{document.querySelector('h1').firstChild.data='New HEADLINE'}</script>`,
    ),
    shows: ["New headline"],
    act: GO,
    afterwards: ["New HEADLINE"],
  },
  {
    name: "a text whose words were swapped, on a page that then has no such experiment",
    page: plain(
      `<h1 data-exp="headline" data-exp-text>Old headline</h1><script>go=()=>{const h=document.querySelector('h1');h.firstChild.data='New HEADLINE';setTimeout(()=>h.removeAttribute('data-exp'),100)}</script>`,
    ),
    shows: ["New headline"],
    act: GO,
    afterwards: [],
    holds: "document.querySelector('h1').textContent === 'Old headline'",
  },
];

const FRAMED = `${TAG.replace("</script>", "<\\/script>")}<div data-exp="tpl2">Old<template data-group="B">Framed</template></div>`;
/** A page that puts a frame without an address of its own beside its placeholder. */
const framed = (name: string, fill: string, holds: string, exposures = { tpl: 1 }): LivingPage => ({
  name,
  page: plain(
    `${ORIGINAL}<script>const frame=Object.assign(document.createElement('iframe'),{title:'x'});const html=\`${FRAMED}\`;${fill}</script>`,
  ),
  shows: [B],
  exposures,
  holds,
});
const IN_FRAME = "document.querySelector('iframe').contentDocument.querySelector('[data-exp]')?.innerText === 'Framed'";
const surroundings: LivingPage[] = [
  changedBy(
    "a page that freezes the prototypes brings its markup back",
    "<script>for(const {prototype} of [Object,Array,Function,String,RegExp,Promise])Object.freeze(prototype)</script>",
    "main.innerHTML=html",
  ),
  changedBy(
    "a page with the lists of Prototype.js 1.6 brings its markup back",
    "<script>Array.from=(list)=>[].slice.call(list||[]);Object.assign(Array.prototype,{reduce(){return this.length>1?this:this[0]},entries(){return [...this]},clear(){this.length=0},toJSON(){return 'x'}})</script>",
    "main.innerHTML=html",
  ),
  changedBy(
    "a page with the elements of MooTools brings its markup back",
    "<script>Array.from=(list)=>list==null?[]:[list];Element.prototype.contains=function(e){return this!==e&&!!(this.compareDocumentPosition(e)&16)};for(const name of ['set','get','inject','dispose','match'])Element.prototype[name]=function(){return this}</script>",
    "main.innerHTML=html",
  ),
  framed(
    "a frame of a blob",
    "frame.src=URL.createObjectURL(new Blob([html],{type:'text/html'}));document.body.append(frame)",
    IN_FRAME,
  ),
  framed(
    "a frame of a data URL",
    "addEventListener('message',({data})=>{said=data});frame.src='data:text/html,'+encodeURIComponent(html+'<script>setInterval(()=>parent.postMessage(document.querySelector(\"[data-exp]\").innerText,\"*\"),50)<\\/script>');document.body.append(frame)",
    "window.said === 'Framed'",
  ),
  framed(
    "a frame that the page writes, whose address is the page's",
    "document.body.append(frame);const to=frame.contentDocument;to.open();to.write(html);to.close()",
    IN_FRAME,
    { tpl: 1, tpl2: 1 } as never,
  ),
  {
    name: "frames of a page in quirks mode",
    page: `<html><head><title>x</title><link rel="icon" href="data:,"></head><frameset cols="50%,50%"><frame src="/quirky"><frame src="/quirky"></frameset></html>`,
    files: { "/quirky": plain(`<div data-exp="tpl2">Old${template("Framed")}</div>`).replace("<!doctype html>", "") },
    shows: [],
    exposures: {},
    holds: "frames[0].document.querySelector('[data-exp]').innerText === 'Framed'",
  },
];

export const LIVING_PAGES: readonly LivingPage[] = [
  ...shared,
  ...consents,
  ...reacts,
  ...vues,
  ...morphs,
  ...others,
  ...between,
  ...libraries,
  ...unusual,
  ...rewritten,
  ...surroundings,
];
