import type { Printer } from '../../src/runner/printer.ts'

/** How the annotations of this action are titled. */
export const TITLE = 'Edgegap emulator'

export interface ReportedRequest {
  readonly method: string
  readonly path: string
  /** Without `?`; empty where there is none. */
  readonly query: string
  /** What was answered; null where nothing was. */
  readonly status: number | null
  /** The fault that spoiled it; null where none did. */
  readonly fault: string | null
  /** Seconds since the emulator started. */
  readonly seconds: number
}

export interface ReportedDeployment {
  readonly id: string
  readonly application: string
  readonly version: string
  readonly tags: readonly string[]
  readonly status: string
  /** Neither ended nor being stopped. */
  readonly running: boolean
}

/** What an emulator tells about itself. */
export interface Report {
  readonly requests: readonly ReportedRequest[]
  /** All of them, also those that `requests` no longer holds. */
  readonly requestCount: number
  readonly deployments: readonly ReportedDeployment[]
}

/** Outputs have a limit of a megabyte, and a log of more lines is read by nobody. */
export const MOST_REQUESTS = 1_000
const LONGEST_QUERY = 100

/** Shows requests and deployments, each folded. */
export function printReport(
  { requests, requestCount, deployments }: Report,
  printer: Printer,
): void {
  const missing = requestCount - requests.length
  const title = `${count(requestCount, 'request')} to the emulator`
  printer.group(title, [
    ...(missing > 0 ? [`(the first ${missing} are left out)`] : []),
    ...requestLines(requests),
  ])
  if (deployments.length === 0) return
  printer.group(count(deployments.length, 'deployment'), deployments.map(showDeployment))
}

/** Equal requests that follow each other, such as status checks. */
export interface RequestRun {
  readonly first: ReportedRequest
  /** Method, path and query. */
  readonly asked: string
  readonly answered: string
  readonly times: number
}

/** The requests in their order; equal ones that follow each other are one. */
export function requestRuns(requests: readonly ReportedRequest[]): RequestRun[] {
  const runs: RequestRun[] = []
  for (const request of requests) {
    const run = { first: request, asked: askedOf(request), answered: answeredOf(request), times: 1 }
    const last = runs.at(-1)
    const isSame = last?.asked === run.asked && last.answered === run.answered
    if (isSame) runs[runs.length - 1] = { ...last, times: last.times + 1 }
    else runs.push(run)
  }
  return runs
}

function requestLines(requests: readonly ReportedRequest[]): string[] {
  return requestRuns(requests).map(({ first, asked, answered, times }) => {
    const repeated = times > 1 ? ` (${times} times)` : ''
    return `${first.seconds.toFixed(1).padStart(7)} s  ${asked} → ${answered}${repeated}`
  })
}

function askedOf({ method, path, query }: ReportedRequest): string {
  const shown = query.length > LONGEST_QUERY ? `${query.slice(0, LONGEST_QUERY)}…` : query
  return `${method.padEnd(6)} ${path}${shown && `?${shown}`}`
}

function answeredOf({ status, fault }: ReportedRequest): string {
  return `${status ?? 'no answer'}${fault === null ? '' : ` (fault: ${fault})`}`
}

/** A deployment in one line, such as `a1b2c3 my-game v1 READY, still running [tag, tag]`. */
export function showDeployment(deployment: ReportedDeployment): string {
  const { id, application, version, status, running, tags } = deployment
  const labels = tags.length > 0 ? ` [${tags.join(', ')}]` : ''
  return `${id} ${application} ${version} ${status}${running ? ', still running' : ''}${labels}`
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
