import type { ReportDay } from "../../../core/report/daily.ts";
import type { GoalReport } from "../../../core/report/goal-report.ts";
import { percentWords, wholeWords } from "../../../core/report/number-words.ts";
import { unbroken } from "../ui/format.ts";

interface Props {
  readonly goal: GoalReport;
  /** Index of the goal in the report. */
  readonly place: number;
  readonly days: readonly ReportDay[];
}

/** Numbers of the daily plot, newest first. */
export function DailyTable({ goal, place, days }: Props) {
  return (
    <table class="stack daily">
      <caption class="hidden">{goal.label}, day by day</caption>
      <thead>
        <tr>
          <th scope="col">Day (UTC)</th>
          {goal.groups.map(({ group }) => (
            <th scope="col" class="number">
              {group}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.toReversed().map(({ day, groups }) => (
          <tr>
            <th scope="row">{day}</th>
            {groups.map(({ group, devices, goals }) => {
              const { conversions = 0, rateSoFar = null } = goals[place] ?? {};
              return (
                <td data-label={group} class="number">
                  {wholeWords(devices)}&nbsp;<span class="detail">visitors,</span> {wholeWords(conversions)}&nbsp;
                  <span class="detail">
                    converted; so far {rateSoFar === null ? "none" : unbroken(percentWords(rateSoFar))}
                  </span>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
