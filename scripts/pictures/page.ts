export type Theme = 'light' | 'dark'

interface MarkdownIt {
  render(markdown: string): string
}

/** What turns Markdown into what GitHub shows. */
export interface Renderer {
  markdownIt: new (options: { html: boolean; linkify: boolean }) => MarkdownIt
  themes: Readonly<Record<Theme, string>>
  /** The script that draws charts. */
  mermaid: string
}

const COLOURS = {
  light: { page: '#f6f8fa', box: '#ffffff', border: '#d1d9e0', text: '#1f2328', muted: '#59636e' },
  dark: { page: '#010409', box: '#0d1117', border: '#3d444d', text: '#f0f6fc', muted: '#9198a1' },
} as const

const COPY =
  '<svg class="copy" viewBox="0 0 16 16" width="16" height="16"><path fill="currentColor" d="M0 6.75C0 5.784.784 5 1.75 5h1.5a.75.75 0 0 1 0 1.5h-1.5a.25.25 0 0 0-.25.25v7.5c0 .138.112.25.25.25h7.5a.25.25 0 0 0 .25-.25v-1.5a.75.75 0 0 1 1.5 0v1.5A1.75 1.75 0 0 1 9.25 16h-7.5A1.75 1.75 0 0 1 0 14.25Z"/><path fill="currentColor" d="M5 1.75C5 .784 5.784 0 6.75 0h7.5C15.216 0 16 .784 16 1.75v7.5A1.75 1.75 0 0 1 14.25 11h-7.5A1.75 1.75 0 0 1 5 9.25Zm1.75-.25a.25.25 0 0 0-.25.25v7.5c0 .138.112.25.25.25h7.5a.25.25 0 0 0 .25-.25v-7.5a.25.25 0 0 0-.25-.25Z"/></svg>'

const SIGN =
  '<svg viewBox="0 0 16 16" width="16" height="16" class="sign"><circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 4v5M8 11v1.5" stroke="currentColor" stroke-width="1.6"/></svg>'
const ALERT_TITLES = { NOTE: 'Note', WARNING: 'Warning', CAUTION: 'Caution' } as const

/** A summary in the box that GitHub puts it in. `window.drawn` is true once its charts are drawn. */
export function summaryPage(markdown: string, theme: Theme, renderer: Renderer): string {
  const { page, box, border, text, muted } = COLOURS[theme]
  const html = likeGitHub(new renderer.markdownIt({ html: true, linkify: false }).render(markdown))
  return `<!doctype html><meta charset="utf-8"><style>${renderer.themes[theme]}
    body { margin: 0; background: ${page}; width: 900px }
    #shot { padding: 16px; box-sizing: border-box }
    .box { border: 1px solid ${border}; border-radius: 6px; background: ${box}; color: ${text}; overflow: hidden }
    .title { font: 600 14px/20px "Noto Sans", Helvetica, Arial, sans-serif; padding: 12px 16px; border-bottom: 1px solid ${border} }
    .title span { color: ${muted}; font-weight: 400 }
    .markdown-body { padding: 16px; background: transparent; font-family: "Noto Sans", Helvetica, Arial, "Noto Color Emoji", sans-serif }
    .markdown-body > :last-child { margin-bottom: 0 }
    .block { position: relative } .copy { position: absolute; right: 14px; top: 14px; color: ${muted} }
    .chart { text-align: center; margin-bottom: 16px } .chart svg { max-width: 100% }
    .removed { color: ${theme === 'light' ? '#82071e' : '#ffdcd7'}; background: ${theme === 'light' ? '#ffebe9' : '#67060c'} }
    .markdown-alert-title { font-weight: 500 } .sign { margin-right: 8px }
  </style><div id="shot"><div class="box"><div class="title">deploy <span>summary</span></div>
  <article class="markdown-body">${html}</article></div></div>
  <script>${renderer.mermaid}</script>
  <script>
    mermaid.initialize({ startOnLoad: false, theme: '${theme === 'dark' ? 'dark' : 'default'}', securityLevel: 'strict' })
    mermaid.run({ querySelector: '.chart' }).then(
      () => { window.drawn = true },
      (error) => { window.drawn = 'A chart could not be drawn: ' + (error.message ?? error.str ?? error) },
    )
  </script>`
}

/** What GitHub makes of alerts, charts, colours of a diff, and blocks to copy. */
function likeGitHub(html: string): string {
  return html
    .replace(
      /<blockquote>\s*<p>\[!(NOTE|WARNING|CAUTION)\]\s*([\s\S]*?)<\/blockquote>/g,
      (_, kind: keyof typeof ALERT_TITLES, rest: string) =>
        `<div class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${SIGN}${ALERT_TITLES[kind]}</p><p>${rest}</div>`,
    )
    .replace(
      /<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g,
      '<div class="chart">$1</div>',
    )
    .replace(
      /<pre><code class="language-(text|diff)">([\s\S]*?)<\/code><\/pre>/g,
      (_, language: string, text: string) => {
        const lines =
          language === 'diff' ? text.replace(/^-.*$/gm, '<span class="removed">$&</span>') : text
        return `<div class="block"><pre><code>${lines}</code></pre>${COPY}</div>`
      },
    )
}
