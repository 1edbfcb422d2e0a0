import { type BrokenPage, startRehearsals, testBrokenPages } from "./rehearsal-rig.ts";

startRehearsals();

const BROKEN: readonly BrokenPage[] = [
  ["endless", "tag", /^B: the page did not settle/, /scripts do not end/],
  ["redirect-loop", "redirect", /^B.*: the page never arrives/, /stay where it is/],
  ["redirect-back", "redirect", /B ended at \/redirect-back, not at \/leads-back/, /no redirect back/],
  ["lost-preview", "tag", /was not given the previewed group/, /fairsplit_force/],
  ["redirect-missing", "redirect", /^B arrives at \/no-such-page, which answered 404$/, /target page/],
  ["framed", "tag", /runs in a frame of the page, http.*\/good/, /--url http.*\/good/],
  ["members", "placeholder", /; \/members leads to http.*\/sign-in/, /data-exp="headline"/],
];

testBrokenPages(BROKEN);
