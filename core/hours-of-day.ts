/** Share of the day's visits that begin in each hour (UTC); adds up to about 1. */
export const HOURLY: readonly number[] = [
  0.0273, 0.0185, 0.0108, 0.0106, 0.005, 0.0105, 0.0192, 0.0297, 0.0382, 0.0426, 0.0549, 0.0583, 0.0647, 0.0627, 0.0572,
  0.0521, 0.059, 0.0667, 0.0718, 0.0662, 0.0696, 0.0428, 0.0329, 0.0287,
];
