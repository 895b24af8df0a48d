import { markdownToText } from '../test/harness/markdown-text.ts'

/** One summary as the page shows it. */
export interface PageEntry {
  readonly title: string
  /** Markdown, as the step wrote it. */
  readonly summary: string
}

/**
 * The job summaries of all scenes as an HTML page that needs nothing from anywhere: each as text, and
 * below it the Markdown that GitHub draws.
 */
export function summariesPage(entries: readonly PageEntry[]): string {
  const parts = entries.map(
    ({ title, summary }) => `<section><h2>${toHtml(title)}</h2>
<pre>${toHtml(markdownToText(summary))}</pre>
<details><summary>Markdown</summary><pre>${toHtml(summary)}</pre></details></section>`,
  )
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Deploy Game Server: job summaries of the demo</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: 6px; font-size: 13px }
  section { margin-bottom: 3rem }
</style>
<h1>Job summaries of the demo</h1>
${parts.join('\n')}
</html>
`
}

function toHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
