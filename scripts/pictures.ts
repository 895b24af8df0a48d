/**
 * Renders job summaries as GitHub shows them, to look at: `npm run pictures` writes every scene to
 * .cache/pictures, `npm run pictures -- --docs` also those that the README shows to docs/images.
 *
 * Needs Chromium (on Debian: `apt-get install chromium fonts-noto-color-emoji`; else set CHROMIUM to
 * its path), and pngquant for small files. What renders the Markdown is fetched by npm into .cache:
 * with its 150 MB it is too much for everybody who installs this project.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { buildProblemsSummary } from '../src/report/problems-summary.ts'
import { buildSummary } from '../src/report/summary.ts'
import { toLine } from '../src/runner/plain-text.ts'
import { hostileReport } from '../test/report/hostile-report.ts'
import { hostileTexts } from '../test/report/hostile-texts.ts'
import { scenes, wrongInputs } from '../test/report/scenes.ts'
import { type Picture, photograph } from './pictures/browser.ts'
import { type Renderer, summaryPage } from './pictures/page.ts'

const PACKAGES = ['github-markdown-css@5.9.0', 'markdown-it@15.0.3', 'mermaid@11.17.2']
const cache = resolve('.cache/pictures')
const docs = resolve('docs/images')
/** What the README shows: the scene, its colours, and the file's name. */
const SHOWN: readonly (readonly [scene: string, theme: 'light' | 'dark'])[] = [
  ['success', 'light'],
  ['success', 'dark'],
  ['failure', 'light'],
  ['failure', 'dark'],
]

function loadRenderer(): Renderer {
  mkdirSync(cache, { recursive: true })
  const manifest = join(cache, 'package.json')
  writeFileSync(manifest, '{"private": true}')
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact']
  execFileSync('npm', [...install, ...PACKAGES], {
    cwd: cache,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const require = createRequire(manifest)
  const read = (path: string) => readFileSync(join(cache, 'node_modules', path), 'utf8')
  return {
    markdownIt: require('markdown-it'),
    mermaid: read('mermaid/dist/mermaid.min.js'),
    themes: {
      light: read('github-markdown-css/github-markdown-light.css'),
      dark: read('github-markdown-css/github-markdown-dark.css'),
    },
  }
}

/** Every scene by its name; the hostile ones are there to see that each chart still comes up. */
function allSummaries(): Map<string, string> {
  const clean = (text: string) => toLine(text)
  const all = new Map(
    Object.entries(scenes).map(([name, report]) => [name, buildSummary(report, clean)]),
  )
  all.set('wrong-inputs', buildProblemsSummary(wrongInputs, clean))
  for (const [index, text] of hostileTexts.entries()) {
    all.set(`hostile-${index}`, buildSummary(hostileReport(text), clean))
  }
  return all
}

const renderer = loadRenderer()
const only = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const pictures: Picture[] = []
for (const [name, markdown] of allSummaries()) {
  if (only.length > 0 && !only.includes(name)) continue
  writeFileSync(join(cache, `${name}.md`), markdown)
  for (const theme of ['light', 'dark'] as const) {
    if (theme === 'dark' && !SHOWN.some(([shown, its]) => shown === name && its === 'dark'))
      continue
    const html = join(cache, `${name}-${theme}.html`)
    writeFileSync(html, summaryPage(markdown, theme, renderer))
    pictures.push({ html, png: join(cache, `${name}-${theme}.png`) })
  }
}
await photograph(pictures)
console.log(`${pictures.length} pictures are in ${cache}`)

if (process.argv.includes('--docs')) {
  mkdirSync(docs, { recursive: true })
  for (const [name, theme] of SHOWN) {
    const file = `summary-${name}${theme === 'dark' ? '-dark' : ''}.png`
    const options = ['--force', '--strip', '--speed', '1', '--output', join(docs, file)]
    execFileSync('pngquant', [...options, '128', join(cache, `${name}-${theme}.png`)])
    console.log(join('docs/images', file))
  }
}
