/** A program that a rig runs for real, or the reason for skipping the tests that need it. */
export type RealPart = { path: string; reason?: undefined } | { path?: undefined; reason: string }

/** A title that says why its tests are skipped, where they are. */
export function titled(title: string, part: RealPart): string {
  return part.path === undefined ? `${title} (${part.reason})` : title
}
