"use strict";exports.id=179,exports.ids=[179],exports.modules={5107:((m,c,s)=>{s.d(c,{Bu:()=>f,DV:()=>d,FV:()=>u,SS:()=>i,TM:()=>n,Z7:()=>h,mP:()=>r,tp:()=>_});var l=s(9306);function u(t){return(0,l.S5)(t,500).trim().replaceAll("&","&amp;").replaceAll("<","&lt;").replaceAll(">","&gt;").replaceAll('"',"&quot;").replace(/[\\`*_{}[\]()#+!|~$:-]/g,e=>`&#${e.charCodeAt(0)};`).replace(/^=/,"&#61;").replace(/^(\d+)\./,"$1&#46;").replace(/@|&#35;(?=\d)|\bGH&#45;(?=\d)|\b(?=www\.)/gi,"$&\u200B")}function i(t){const e=u(t);return e===""?"":`<code>${e}</code>`}function d(t,e="text"){let o="```";for(const a of t)for(const[$]of a.matchAll(/`+/g))$.length>=o.length&&(o=`${$}\``);return`${o}${e}
${t.join(`
`)}
${o}`}function _(t,e){const o=a=>`| ${a.join(" | ")} |`;return[o(t),o(t.map(()=>":--")),...e.map(o)].join(`
`)}function f(t){return["<table>",...t.map(([o,a])=>`<tr><th align="left">${o.replaceAll(" ","&nbsp;")}</th><td>${a}</td></tr>`),"</table>"].join(`
`)}function n(t,e){return`<details><summary>${t}</summary>

${e}

</details>`}function r(t,e){return[`> [!${t}]`,e.map(o=>`> ${o}`).join(`
>
`)].join(`
`)}function h(t,e){if(Buffer.byteLength(t)<=e)return t;const o=Buffer.from(t).subarray(0,e),a=Math.max(0,o.lastIndexOf(10));return`${o.subarray(0,a).toString("utf8")}

\u2026
`}}),179:((m,c,s)=>{s.d(c,{buildProblemsSummary:()=>_});var l=s(5107),u=s(2861);const i=256*1024,d=100;function _(n,r){const h=(0,u.Le)(r),t=n.length===1?"1 input is":`${n.length} inputs are`,e=n.slice(0,d).map($=>{const[,p="",g=r($)]=/^([a-z][a-z-]*)\b(.*)$/s.exec(r($))??[];return`- ${p&&`**${h.words(p)}**`}${f(g)}${h.words(g)}`}),o=n.length-e.length;o>0&&e.push(`- ${(0,u.pq)(o,"more problem")} in the log of this step`);const a=[`### \u274C ${t} wrong, so nothing was sent`,e.join(`
`),(0,l.mP)("NOTE",["Correct the <code>with</code> block of this step, then run the job again."])];return(0,l.Z7)(`${a.join(`

`)}
`,i)}function f(n){return n.startsWith(" ")?" ":""}}),2861:((m,c,s)=>{s.d(c,{Cj:()=>_,HL:()=>f,Le:()=>i,pq:()=>d});var l=s(314),u=s(5107);function i(n){return{clean:n,words:r=>(0,u.FV)(n(r)),sentence:r=>(0,u.FV)((0,l.KG)(n(r).trim())),code:r=>(0,u.SS)(n(r))}}function d(n,r){return`${n} ${r}${n===1?"":"s"}`}function _(n){return n===1?"is":"are"}function f(n){const r=n.at(-1)??"";return n.length<2?r:`${n.slice(0,-1).join(", ")} and ${r}`}})};
