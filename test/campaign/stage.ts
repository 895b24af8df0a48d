import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningStep } from '../harness/step.ts'

/** Only what never happens is a failure. */
export const PATIENCE_MS = 60_000

/** A part of a run, within which a kill comes at a moment by chance. */
export interface Stage<Emulator> {
  readonly name: string
  /** Resolves when the stage begins. */
  readonly begins: (emulator: Emulator, step: RunningStep) => Promise<unknown>
  /** How long after its beginning the kill may come; about as long as the stage lasts. */
  readonly withinMs: number
  /** Makes the stage last. */
  readonly arrange?: (emulator: Emulator) => unknown
}

/** For `mainControl`: kills so long after the stage began, or does nothing where the run ends before. */
export function killIn<Emulator>(stage: Stage<Emulator>, emulator: Emulator, afterMs: number) {
  return async (step: RunningStep): Promise<void> => {
    const moment = stage.begins(emulator, step).then(() => sleep(afterMs))
    await Promise.race([moment, step.done])
    step.kill()
    await step.done
  }
}
