import { fields, integer, isRecord, unwrap, yesNo } from '../../json.ts'
import { anything, documented, guessed, label, plainWord } from './readers.ts'

export interface App {
  readonly name: string | undefined
  readonly currentBuild: number | undefined
  readonly dxfName: string | undefined
  /** Undefined where the reply does not say. */
  readonly isBusy: boolean | undefined
  readonly isLocked: boolean
  /** Why it is in an error state; undefined when it is not. */
  readonly error: string | undefined
}

const app = fields({
  name: documented(label, 'name'),
  currentBuild: documented(integer, 'iCurBuild', 'currentBuild', 'curBuild'),
  dxfName: documented(label, 'dxfName'),
  processing: documented(yesNo, 'processing'),
  exporting: documented(yesNo, 'exporting'),
  error: guessed(anything, 'error', 'errorMessage'),
  message: guessed(label, 'message', 'errorMessage', 'description'),
  status: guessed(label, 'status', 'state'),
  locked: guessed(yesNo, 'locked', 'isLocked'),
})
const reason = fields({ text: guessed(label, 'message', 'errorMessage') })

/** An app has at least one of these. */
const OWN = ['name', 'iCurBuild', 'dxfName', 'processing', 'exporting']

/** Words such as `error`, `failed` and `deployFailed`. */
const ERROR_WORD = /error|fail|exception|faulty/

export function readApp(reply: unknown): App {
  const read = app.parse(unwrap(reply, OWN, ['app', 'data', 'result']))
  const word = plainWord(read.status ?? '')
  const { processing, exporting } = read
  const isSilent = processing === undefined && exporting === undefined
  return {
    name: read.name,
    currentBuild: read.currentBuild,
    dxfName: read.dxfName,
    isBusy: isSilent ? undefined : processing === true || exporting === true,
    isLocked: read.locked === true || word === 'locked',
    error: readError(read.error, read.message, read.status, ERROR_WORD.test(word)),
  }
}

function readError(
  error: unknown,
  message: string | undefined,
  status: string | undefined,
  isErrorWord: boolean,
): string | undefined {
  const unexplained = isErrorWord ? `its state is ${status}` : 'ROCKIT Edge gives no reason'
  if (typeof error === 'string' && !/^(?:true|false|0|none|no|ok)$/i.test(error)) return error
  if (isRecord(error) && Object.values(error).some(Boolean)) {
    return reason.parse(error).text ?? unexplained
  }
  if (yesNo.parse(error) === true || isErrorWord) return message ?? unexplained
  return undefined
}
