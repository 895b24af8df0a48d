import type { Facts } from '../provider.ts'
import type { Failure } from './wire/failure.ts'

/** What was found out about a build, beside where it stands. */
export interface Findings {
  readonly build: string | undefined
  readonly buildChanged: boolean | undefined
  readonly dxfName: string | undefined
}

/** The findings as outputs and as rows of the summary. */
export function factsOf({ build, buildChanged, dxfName }: Findings, failure: Failure = {}): Facts {
  const { failed = [], succeeded = [], actualBytes = failure.sizeBytes, url } = failure
  const isKnown = buildChanged !== undefined
  const rows: [label: string, value: string | number | undefined][] = [
    ['Build', build],
    ['Changed', isKnown ? (buildChanged ? 'yes' : 'no') : undefined],
    ['Image (dxfName)', dxfName],
    ['Failed deployments', failed.join(', ')],
    ['Succeeded deployments', succeeded.join(', ')],
    ['Download', url && withoutQuery(url)],
    ['HTTP status', failure.httpStatus],
    ['Exit code', failure.exitCode],
    ['Bytes', actualBytes],
    ['Bytes expected', failure.expectedBytes],
    ['File', failure.filename],
    ['Type expected', failure.typeExpected],
    ['Type detected', failure.typeDetected],
  ]
  return {
    outputs: {
      'build-name': build ?? '',
      'build-changed': isKnown ? String(buildChanged) : '',
      'dxf-name': dxfName ?? '',
      'failed-deployments': JSON.stringify(failed),
      'succeeded-deployments': JSON.stringify(succeeded),
    },
    details: rows.flatMap(([label, value = '']) => (value === '' ? [] : [[label, String(value)]])),
  }
}

/** An address as it may be shown: its query is often a key, and its account holds a password. */
export function withoutQuery(text: string): string {
  if (!URL.canParse(text)) return text.replace(/[?#].*/s, '')
  return Object.assign(new URL(text), { search: '', hash: '', username: '', password: '' }).href
}
