// Runs before the demo, with whatever Node the shell has: installs the locked packages, Node 24 among
// them, when this clone has none yet.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (!existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) {
  console.log(
    'Installing the locked packages first. On Node 20 npm warns that some need a newer one: they get it …',
  )
  const npm = process.env.npm_execpath
  const [command, args] = npm ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']]
  const { status } = spawnSync(command, [...args, '--no-audit', '--no-fund'], { stdio: 'inherit' })
  process.exit(status ?? 1)
}
