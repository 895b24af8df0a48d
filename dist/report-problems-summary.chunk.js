"use strict";exports.id=179,exports.ids=[179],exports.modules={5107:((h,i,s)=>{s.d(i,{Bu:()=>r,DV:()=>d,FV:()=>u,SS:()=>c,TM:()=>t,Z7:()=>m,mP:()=>f,tp:()=>_});var l=s(9306);function u(n){return(0,l.S5)(n,500).trim().replaceAll("&","&amp;").replaceAll("<","&lt;").replaceAll(">","&gt;").replaceAll('"',"&quot;").replace(/[\\`*_{}[\]()#+!|~$:-]/g,e=>`&#${e.charCodeAt(0)};`).replace(/^(\d+)\./,"$1&#46;").replace(/@|&#35;(?=\d)|\bGH&#45;(?=\d)|\b(?=www\.)/gi,"$&\u200B")}function c(n){const e=u(n).trim();return e===""?"":`<code>${e}</code>`}function d(n,e="text"){let o="```";for(const a of n)for(const[$]of a.matchAll(/`+/g))$.length>=o.length&&(o=`${$}\``);return`${o}${e}
${n.join(`
`)}
${o}`}function _(n,e){const o=a=>`| ${a.join(" | ")} |`;return[o(n),o(n.map(()=>":--")),...e.map(o)].join(`
`)}function r(n){return["<table>",...n.map(([o,a])=>`<tr><th align="left">${o.replaceAll(" ","&nbsp;")}</th><td>${a}</td></tr>`),"</table>"].join(`
`)}function t(n,e){return`<details><summary>${n}</summary>

${e}

</details>`}function f(n,e){return[`> [!${n}]`,e.map(o=>`> ${o}`).join(`
>
`)].join(`
`)}function m(n,e){if(Buffer.byteLength(n)<=e)return n;const o=Buffer.from(n).subarray(0,e),a=Math.max(0,o.lastIndexOf(10));return`${o.subarray(0,a).toString("utf8")}

\u2026
`}}),179:((h,i,s)=>{s.d(i,{buildProblemsSummary:()=>_});var l=s(5107),u=s(2861);const c=256*1024,d=100;function _(t,f){const m=(0,u.Le)(f),n=t.length===1?"1 input is":`${t.length} inputs are`,e=t.slice(0,d).map($=>{const[,p="",g=f($)]=/^([a-z][a-z-]*)\b(.*)$/s.exec(f($))??[];return`- ${p&&`**${m.words(p)}**`}${r(g)}${m.words(g)}`}),o=t.length-e.length;o>0&&e.push(`- ${(0,u.pq)(o,"more problem")} in the log of this step`);const a=[`### \u274C ${n} wrong, so nothing was sent`,e.join(`
`),(0,l.mP)("NOTE",["Correct the <code>with</code> block of this step, then run the job again."])];return(0,l.Z7)(`${a.join(`

`)}
`,c)}function r(t){return t.startsWith(" ")?" ":""}}),2861:((h,i,s)=>{s.d(i,{HL:()=>_,Le:()=>c,pq:()=>d});var l=s(314),u=s(5107);function c(r){return{clean:r,words:t=>(0,u.FV)(r(t)),sentence:t=>(0,u.FV)((0,l.K)(r(t).trim())),code:t=>t.trim()===""?"":(0,u.SS)(r(t))}}function d(r,t){return`${r} ${t}${r===1?"":"s"}`}function _(r){const t=r.at(-1)??"";return r.length<2?t:`${r.slice(0,-1).join(", ")} and ${t}`}})};
