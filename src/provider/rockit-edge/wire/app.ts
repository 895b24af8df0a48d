import { fields, integer, isRecord, unwrap, yesNo } from '../../json.ts'
import { anything, documented, guessed, label, plainWord } from './readers.ts'

export type App = ReturnType<typeof readApp>

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

/** `isBusy` is undefined where the reply does not say, `error` where the app is in no error state. */
export function readApp(reply: unknown) {
  const read = app.parse(unwrap(reply, OWN, ['app', 'data', 'result']))
  const { name, currentBuild, dxfName, processing, exporting, locked, status } = read
  const word = plainWord(status ?? '')
  const isSilent = processing === undefined && exporting === undefined
  return {
    name,
    currentBuild,
    dxfName,
    isBusy: isSilent ? undefined : processing === true || exporting === true,
    isLocked: locked === true || word === 'locked',
    error: readError(read, ERROR_WORD.test(word)),
  }
}

function readError(
  { error, message, status }: ReturnType<typeof app.parse>,
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
