import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { deploy, type Edgegap, startEdgegap } from '../action/deploy.ts'
import { error, ready } from '../emulator/edgegap/script.ts'
import type { RunningStep } from '../harness/step.ts'
import { seededRandom } from '../wait/random.ts'

/** A run that replaces a group, ended at many moments. `npm run test:campaign` runs more of them. */
const ENDS = process.env.CAMPAIGN === 'full' ? 120 : 8
const END_MS = 240_000
/** Requests of such a run, from the first list to the last status of what it replaced. */
const REQUESTS = 14

/** Ends the step once so many requests have arrived, and a moment later. */
async function endIt(edgegap: Edgegap, step: RunningStep, random: () => number): Promise<void> {
  const count = 1 + Math.floor(random() * REQUESTS)
  const isKill = random() < 0.5
  const done = step.done.then(() => true)
  while (edgegap.requests.length < count) {
    if (await Promise.race([done, sleep(5, false)])) return
  }
  await sleep(random() * 60)
  if (isKill) step.kill()
  else await step.cancel()
  await done
}

describe.concurrent('a run that replaces two servers by two, ended', () => {
  test.each(Array.from({ length: ENDS }, (_, index) => index))(
    'at moment %i, leaves the old ones or the new ones',
    async (index) => {
      const random = seededRandom(index + 1)
      await using edgegap = await startEdgegap({
        stopPendingAtOnce: true,
        listLagMs: 200 * random(),
        terminateAfterMs: 600 * random(),
      })
      const old = [1, 2].map(() => edgegap.addDeployment({ tags: ['staging'] }).id)
      edgegap.nextScript(ready(300), random() < 0.2 ? error(400) : ready(500))
      const { main, post } = await deploy(
        edgegap,
        { group: 'staging', replace: 'after-ready', locations: 'a 1,1\nb 2,2' },
        { mainControl: (step) => endIt(edgegap, step, random) },
      )
      const live = edgegap.live().map(({ id }) => id)
      const made = edgegap.deployments.map(({ id }) => id).filter((id) => !old.includes(id))
      const isReplacing = edgegap.stopped().some(({ id }) => old.includes(id))
      expect(post?.exitCode ?? 0).toBe(0)
      if (isReplacing) expect(live).toEqual(expect.arrayContaining(made))
      else expect(live).toEqual(expect.arrayContaining(old))
      // New ones beside old ones stay only where the run had let go of them, right before its first stop.
      if (!isReplacing && live.length > old.length)
        expect(main.state.ledger).toMatch(/^$|"entries":\[\],"inPlace"/)
    },
    END_MS,
  )
})
