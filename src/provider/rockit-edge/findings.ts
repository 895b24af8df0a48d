import type { Facts } from '../provider.ts'
import type { Failure } from './wire/failure.ts'

/** What was found out of a build, beside how it stands. */
export interface Findings {
  readonly build: string | undefined
  readonly buildChanged: boolean | undefined
  readonly dxfName: string | undefined
  readonly failure: Failure
}

/** The findings as outputs and as rows of the summary. */
export function factsOf({ build, buildChanged, dxfName, failure }: Findings): Facts {
  const { failed = [], succeeded = [] } = failure.deployments ?? {}
  const { download, file } = failure
  const rows: [string, string | undefined][] = [
    ['Build', build],
    ['Changed', buildChanged === undefined ? undefined : buildChanged ? 'yes' : 'no'],
    ['Image (dxfName)', dxfName],
    ['Failed deployments', failed.join(', ')],
    ['Succeeded deployments', succeeded.join(', ')],
    ['Download', download?.url && withoutQuery(download.url)],
    ['HTTP status', numberText(download?.httpStatus)],
    ['Exit code', numberText(download?.exitCode)],
    ['Bytes', numberText(download?.actualBytes ?? download?.sizeBytes)],
    ['Bytes expected', numberText(download?.expectedBytes)],
    ['File', file?.filename],
    ['Type expected', file?.typeExpected],
    ['Type detected', file?.typeDetected],
  ]
  return {
    outputs: {
      'build-name': build ?? '',
      'build-changed': buildChanged === undefined ? '' : String(buildChanged),
      'dxf-name': dxfName ?? '',
      'failed-deployments': JSON.stringify(failed),
      'succeeded-deployments': JSON.stringify(succeeded),
    },
    details: rows.flatMap(([label, value]) => (value ? [[label, value] as const] : [])),
  }
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value)
}

/** The query of a download URL is often a key. */
export function withoutQuery(text: string): string {
  if (!URL.canParse(text)) return text.replace(/[?#].*$/s, '')
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}`
}
