/**
 * A visitor's location: latitude, longitude, country, time zone, region, language, and share; the
 * shares are arbitrary.
 */
export interface Place {
  readonly latitude: string;
  readonly longitude: string;
  readonly country: string;
  readonly timezone: string;
  readonly region: string;
  readonly language: string;
}

const place = (
  share: number,
  latitude: string,
  longitude: string,
  country: string,
  timezone: string,
  region: string,
  language: string,
): readonly [Place, number] => [{ latitude, longitude, country, timezone, region, language }, share];

export const PLACES = [
  place(8, "40.71427", "-74.00597", "US", "America/New_York", "New York City", "en_US"),
  place(6, "34.05223", "-118.24368", "US", "America/Los_Angeles", "Los Angeles", "en_US"),
  place(4, "41.85003", "-87.65005", "US", "America/Chicago", "Chicago", "en_US"),
  place(2, "39.73915", "-104.9847", "US", "America/Denver", "Denver", "en_US"),
  place(3, "43.70011", "-79.4163", "CA", "America/Toronto", "Toronto", "en_CA"),
  place(2, "45.50884", "-73.58781", "CA", "America/Montreal", "Montreal", "fr_CA"),
  place(3, "19.42847", "-99.12766", "MX", "America/Mexico_City", "Mexico City", "es_MX"),
  place(5, "-23.5475", "-46.63611", "BR", "America/Sao_Paulo", "Sao Paulo", "pt_BR"),
  place(2, "-34.61315", "-58.37723", "AR", "America/Argentina/Buenos_Aires", "Buenos Aires", "es_AR"),
  place(6, "51.50853", "-0.12574", "GB", "Europe/London", "London", "en_GB"),
  place(2, "53.48095", "-2.23743", "GB", "Europe/London", "Manchester", "en_GB"),
  place(5, "48.85341", "2.3488", "FR", "Europe/Paris", "Paris", "fr_FR"),
  place(5, "52.52437", "13.41053", "DE", "Europe/Berlin", "Berlin", "de_DE"),
  place(3, "48.13743", "11.57549", "DE", "Europe/Berlin", "Munich", "de_DE"),
  place(2, "48.20849", "16.37208", "AT", "Europe/Vienna", "Vienna", "de_AT"),
  place(2, "47.36667", "8.55", "CH", "Europe/Zurich", "Zurich", "de_CH"),
  place(3, "40.4165", "-3.70256", "ES", "Europe/Madrid", "Madrid", "es_ES"),
  place(3, "41.89193", "12.51133", "IT", "Europe/Rome", "Rome", "it_IT"),
  place(2, "52.37403", "4.88969", "NL", "Europe/Amsterdam", "Amsterdam", "nl_NL"),
  place(2, "52.22977", "21.01178", "PL", "Europe/Warsaw", "Warsaw", "pl_PL"),
  place(1, "59.32938", "18.06871", "SE", "Europe/Stockholm", "Stockholm", "sv_SE"),
  place(2, "50.45466", "30.5238", "UA", "Europe/Kyiv", "Kyiv", "uk_UA"),
  place(2, "41.01384", "28.94966", "TR", "Europe/Istanbul", "Istanbul", "tr_TR"),
  place(1, "-33.92584", "18.42322", "ZA", "Africa/Johannesburg", "Cape Town", "en_ZA"),
  place(2, "6.45407", "3.39467", "NG", "Africa/Lagos", "Lagos", "en_NG"),
  place(5, "19.07283", "72.88261", "IN", "Asia/Kolkata", "Mumbai", "en_IN"),
  place(4, "28.65195", "77.23149", "IN", "Asia/Kolkata", "Delhi", "hi_IN"),
  place(4, "35.6895", "139.69171", "JP", "Asia/Tokyo", "Tokyo", "ja_JP"),
  place(2, "37.566", "126.9784", "KR", "Asia/Seoul", "Seoul", "ko_KR"),
  place(1, "1.28967", "103.85007", "SG", "Asia/Singapore", "Singapore", "en_SG"),
  place(2, "-33.86785", "151.20732", "AU", "Australia/Sydney", "Sydney", "en_AU"),
] as const;
