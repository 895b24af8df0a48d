/** A program that a rig runs for real, or the reason for skipping the tests that need it. */
export type RealPart = { path: string; reason?: undefined } | { path?: undefined; reason: string }
