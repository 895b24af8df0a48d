import type { DeploymentRow, StatusReading } from './wire.ts'

/**
 * What a row of the list says of a deployment that is ready. It has the address and never the location
 * (OpenAPI v1), so it is enough where an earlier status said all else.
 *
 * @param last its last status
 * @returns undefined where only a status can tell
 */
export function readyByRow(
  row: DeploymentRow | undefined,
  last: StatusReading | undefined,
): StatusReading | undefined {
  if (!row?.isReady || !row.facts || !last?.known || last.facts.location === undefined) return
  return {
    state: 'succeeded',
    // Spelled as the API spells this deployment's other statuses.
    status: `${/^status\./i.exec(last.status)?.[0] ?? ''}READY`,
    known: true,
    facts: { ...last.facts, ...row.facts },
    ...(last.place && { place: last.place }),
  }
}
