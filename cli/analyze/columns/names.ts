import { withoutPlace } from "../reading/table.ts";

/** The roles of columns. */
export const ROLES = [
  "visitor",
  "variant",
  "experiment",
  "time",
  "event",
  "value",
  "event id",
  "epoch",
  "run",
  "session",
  "visitors",
] as const;
export type Role = (typeof ROLES)[number];

/**
 * Names that determine a role by themselves (`sure`), and names that determine it only if nothing
 * else does (`likely`). Case, accents, and all characters but letters and digits are ignored: `User
 * ID`, `user_id` and `userId` are equal.
 */
const NAMES: Readonly<Record<Role, { readonly sure: readonly string[]; readonly likely: readonly string[] }>> = {
  visitor: {
    sure: words(`userid uid userkey userpseudoid userdomainid customerid custid clientid anonymousid anonid distinctid
      deviceid visitorid visitorkey fullvisitorid accountid memberid playerid personid subjectid participantid respondentid
      cookieid unitid idclient identifiantclient idutilisateur utilisateurid idcliente idusuario
      kundenid kundennummer kundennr besucherid nutzerid benutzerid contactid subscriberid patientid profileid shopperid buyerid studentid employeeid learnerid guestid`),
    likely:
      words(`user visitor customer client device cookie id email emailaddress name player subject participant member
      account uuid guid person username usercustomid sessionid session auctionid unit`),
  },
  variant: {
    sure: words(`group grp variant variation variationid variationname variantid variantname testgroup abgroup abtestgroup
      experimentgroup expgroup experimentvariant experimentvariation testvariant treatmentgroup contreat arm treatmentarm
      studyarm bucket condition assignment assignedgroup assignedvariant groupname groupid abvariant abbucket usergroup
      splitgroup testarm testgruppe versuchsgruppe gruppe variante groupe grupo testcell cell expvariant expvariantid expvariantstring`),
    likely: words(`version segment treatment treated istreatment istreated intreatment treatmentflag test testcontrol
      controltest controltreatment experiment campaign campaignname cohort promotion promo landingpage page offer
      intervention design layout ab isb istest ads adgroup`),
  },
  experiment: {
    sure: words(`experiment experimentid experimentkey experimentname exp expid expname expkey abtest abtestname abtestid
      testname testid testkey experimentslug study studyname flag flagkey featureflag`),
    likely: words(`test campaign campaignname`),
  },
  time: {
    sure: words(`timestamp ts time datetime eventtime eventtimestamp eventdatetime eventts occurredat happenedat
      clienttime servertime timeutc timestamputc timems unixtime epochms timestampms exposuretime exposedat
      exposuretimestamp assignedat assignmenttime assignmenttimestamp`),
    likely:
      words(`date day eventdate createdat created createdon dt visitdate visittime visitedat firstseen firstseenat signupdate
      joined joinedat received receivedat serverreceivedtime zeit datum`),
  },
  event: {
    sure: words("event eventname eventkey"),
    likely: words("eventtype eventaction action activity name type"),
  },
  value: { sure: words("value eventvalue revenue amount"), likely: words("price total sales spend spent ordervalue") },
  "event id": { sure: words("eventid insertid messageid eventuuid"), likely: words("id uuid") },
  epoch: { sure: ["epoch"], likely: [] },
  run: { sure: ["run"], likely: [] },
  session: { sure: words("sessionid session gasessionid visitid"), likely: [] },
  visitors: {
    sure: words(`visitors users uniquevisitors uniqueusers numvisitors numusers nvisitors nusers totalvisitors totalusers
      samplesize participants nobs observations trials recipients devices besucher nutzer benutzer visiteurs
      utilisateurs visitantes usuarios utenti visitatori`),
    likely:
      words(`n total count size sample sessions impressions visits views pageviews exposures sent delivered subjects
      customers numbervisitors people assigned`),
  },
};

/** Names of covariates, which describe visitors before the experiment: not outcomes. */
const COVARIATES = new Set(
  words(`age gender sex country city region state zip zipcode postcode postalcode device devicetype devicecategory os
    osname platform browser browsername channel source medium utmsource utmmedium utmcampaign referrer referer language
    locale newbie recency history tenure mens womens income education hour dayofweek weekday month year week quarter minute
    ismobile mobile deviceismobile birthyear latitude longitude lat lon lng geolatitude geolongitude storeid shopid
    locationid marketid postal plz cep codigopostal codepostal marketsize ageofstore plan tier loyalty membership isnew newuser isnewuser returning
    isreturning isreturninguser rank row rownumber rownum index weight weights propensity stratum strata block
    refererurlport ip ipaddress score priorpurchases holdback isholdback bot isbot eligible iseligible enabled isenabled
    consent hasconsent loggedin isloggedin loggedinflag`),
);
const BEFORE =
  /^(tenure|dayssince|daysince|monthssince|accountage|customerage|agein)|^(pre|before|prior|previous|baseline|historic|historical|last)(?!paid|order)|(before|prior|pre)$/;
const CALENDAR = /(hour|weekday|dayofweek|month|year)$/;

const INDEX = /^(unnamed\d*|index|rowindex|rowid|row|rownum|rownumber|x1?|levelzero|level0|indexlevel0|column1|)$/;

/** Names that mean either the exposure or an outcome: both readings are usual. */
export const EXPOSED = new Set(words("exposed exposure exposures isexposed wasexposed"));

function words(text: string): string[] {
  return text.split(/\s+/);
}

/** Normalises a column's name for comparison. */
export function normalised(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/**
 * How surely a name determines a role: 2, 1 or 0. For `user.id` and `properties.variant` the last
 * part may determine it too.
 */
export function saysRole(unique: string, role: Role): 0 | 1 | 2 {
  const name = withoutPlace(unique);
  const { sure, likely } = NAMES[role];
  const whole = normalised(name);
  const last = normalised(name.split(".").at(-1) ?? "");
  if (sure.includes(whole)) return 2;
  if (likely.includes(whole)) return 1;
  if (last === whole) return 0;
  return sure.includes(last) ? 2 : likely.includes(last) ? 1 : 0;
}

export const isCovariateName = (name: string) => {
  const plain = normalised(name);
  return COVARIATES.has(plain) || BEFORE.test(plain) || CALENDAR.test(plain);
};
/** Names of IDs, codes and addresses of any kind. */
export const isIdName = (name: string) => /(^|[\s_.-])(id|uuid|guid|key|code|phone|url|zip)$|[a-z](Id|ID)$/i.test(name);
/** Names of moments, such as `signup_date` and `createdAt`. */
export const isMomentName = (name: string) =>
  /(date|datetime|timestamp)$|[\s_-](at|ts|dt)$/i.test(name) || /[a-z](At|Ts)$/.test(name);
/** Names of serial numbers, such as `order_number`. */
export const isSerialName = (name: string) =>
  /(number|nummer|[\s_-](no|nr|num))$/i.test(name) || /[a-z](No|Nr)$/.test(name);
export const isIndexName = (name: string) => INDEX.test(normalised(name));
export const isVariantName = (name: string) => saysRole(name, "variant") > 0;
/** Names that contain a variant name, such as `variant_checkout` or `checkout variant`. */
export const isNearVariantName = (name: string) =>
  /^(variant|variation|test[\s_-]?group|ab[\s_-]?test|exp[\s_-]?variant|exp[\s_-]|ab[\s_-])|(variant|variation)$/i.test(
    name,
  );

/** Names of yes/no columns, such as `converted` or `has_purchased`. */
export const saysYesNo = (name: string) =>
  /^(is|has|did|was)?(converted|conversion|converti|convertido|konvertiert|success|clicked|purchased|bought|subscribed|signedup|retained|responded|churned|activated|registered|gekauft|bestellt|achete)(flag)?$/.test(
    normalised(name.split(".").at(-1) ?? name).replace(/\p{M}/gu, ""),
  );

/** Usual names of groups. */
export const ARM =
  /^(control|ctrl|con|treat|treatment|test|variant|variation|group|arm|exposed|placebo|baseline|original|old|new|ad|psa|challenger|champion|experiment|experimental)([ _-]?(group|page|design|arm|[a-z]|\d+))?$|^[a-e]$|^v?\d$|^(true|false|yes|no)$/i;

/** Names of events that expose a visitor. */
export const EXPOSURE_EVENTS = new Set(
  words(`exposure exposed experimentviewed experimentexposure experimentstarted experimentimpression expexposure
    assignment assigned experimentassigned variantassigned viewedexperiment experienceimpression variantviewed variationviewed`),
);
