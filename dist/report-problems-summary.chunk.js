const E=179,M=[179],j={5107:((p,l,s)=>{s.d(l,{Bu:()=>r,DV:()=>d,FV:()=>a,SS:()=>i,TM:()=>t,Z7:()=>m,mP:()=>f,tp:()=>_});var c=s(9306);function a(n){return(0,c.S5)(n,500).trim().replaceAll("&","&amp;").replaceAll("<","&lt;").replaceAll(">","&gt;").replaceAll('"',"&quot;").replace(/[\\`*_{}[\]()#+!|~$:-]/g,e=>`&#${e.charCodeAt(0)};`).replace(/^(\d+)\./,"$1&#46;").replace(/@|&#35;(?=\d)|\bGH&#45;(?=\d)|\b(?=www\.)/gi,"$&\u200B")}function i(n){const e=a(n).trim();return e===""?"":`<code>${e}</code>`}function d(n,e="text"){let o="```";for(const u of n)for(const[$]of u.matchAll(/`+/g))$.length>=o.length&&(o=`${$}\``);return`${o}${e}
${n.join(`
`)}
${o}`}function _(n,e){const o=u=>`| ${u.join(" | ")} |`;return[o(n),o(n.map(()=>":--")),...e.map(o)].join(`
`)}function r(n){return["<table>",...n.map(([o,u])=>`<tr><th align="left">${o.replaceAll(" ","&nbsp;")}</th><td>${u}</td></tr>`),"</table>"].join(`
`)}function t(n,e){return`<details><summary>${n}</summary>

${e}

</details>`}function f(n,e){return[`> [!${n}]`,e.map(o=>`> ${o}`).join(`
>
`)].join(`
`)}function m(n,e){if(Buffer.byteLength(n)<=e)return n;const o=Buffer.from(n).subarray(0,e),u=Math.max(0,o.lastIndexOf(10));return`${o.subarray(0,u).toString("utf8")}

\u2026
`}}),179:((p,l,s)=>{s.d(l,{buildProblemsSummary:()=>_});var c=s(5107),a=s(2861);const i=256*1024,d=100;function _(t,f){const m=(0,a.Le)(f),n=t.length===1?"1 input is":`${t.length} inputs are`,e=t.slice(0,d).map($=>{const[,h="",g=f($)]=/^([a-z][a-z-]*)\b(.*)$/s.exec(f($))??[];return`- ${h&&`**${m.words(h)}**`}${r(g)}${m.words(g)}`}),o=t.length-e.length;o>0&&e.push(`- ${(0,a.pq)(o,"more problem")} in the log of this step`);const u=[`### \u274C ${n} wrong, so nothing was sent`,e.join(`
`),(0,c.mP)("NOTE",["Correct the <code>with</code> block of this step, then run the job again."])];return(0,c.Z7)(`${u.join(`

`)}
`,i)}function r(t){return t.startsWith(" ")?" ":""}}),2861:((p,l,s)=>{s.d(l,{HL:()=>_,Le:()=>i,pq:()=>d});var c=s(314),a=s(5107);function i(r){return{clean:r,words:t=>(0,a.FV)(r(t)),sentence:t=>(0,a.FV)((0,c.K)(r(t).trim())),code:t=>t.trim()===""?"":(0,a.SS)(r(t))}}function d(r,t){return`${r} ${t}${r===1?"":"s"}`}function _(r){const t=r.at(-1)??"";return r.length<2?t:`${r.slice(0,-1).join(", ")} and ${t}`}})};export{E as id,M as ids,j as modules};
