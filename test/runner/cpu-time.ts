/**
 * Milliseconds of the CPU that `work` takes. Unlike those of the clock they do not grow while other
 * processes keep the machine busy.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}
