/**
 * Serves the embedded emulator of Edgegap until it is killed, for steps that use this action on a
 * real runner. Writes its URL and token as step outputs, or to the console.
 *
 * Usage: node scripts/serve-edgegap.ts &
 */
import { appendFileSync } from 'node:fs'
import { startEdgegapEmulator } from '../test/emulator/edgegap/emulator.ts'

const { url, settings } = await startEdgegapEmulator()
const lines = `url=${url}\ntoken=${settings.token}\n`
if (process.env.GITHUB_OUTPUT) appendFileSync(process.env.GITHUB_OUTPUT, lines)
else console.log(lines)
