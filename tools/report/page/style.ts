/** Six colours that people with any colour vision tell apart (after Okabe and Ito), for light and for dark. */
export const STYLE = `
:root{color-scheme:light dark;--bg:light-dark(#f5f6f8,#13161b);--card:light-dark(#fff,#1c2027);--ink:light-dark(#18202c,#e7eaef);
--soft:light-dark(#566072,#9ca6b6);--line:light-dark(#dde2e8,#303744);--good:light-dark(#0b7046,#55c98f);--bad:light-dark(#b42318,#ff9187);
--c1:light-dark(#2c69b0,#6fadec);--c2:light-dark(#d98200,#f2b25a);--c3:light-dark(#178a6e,#4bc9aa);--c4:light-dark(#b04f93,#e091c9);--c5:light-dark(#7257bd,#ad98ea);--rest:light-dark(#8a93a1,#7f899a)}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px;display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px}
header,.wide,.tiles,footer{grid-column:1/-1}
h1{margin:0;font-size:30px;line-height:1.2;letter-spacing:-.02em;text-wrap:balance}
h2{margin:0 0 2px;font-size:16.5px;letter-spacing:-.01em}h3{margin:16px 0 4px;font-size:14px}
p{margin:0 0 10px}header p{margin:4px 0 0}
header p,section p,.tiles dt,small,summary,footer,thead th,caption{color:var(--soft)}
section p,footer{font-size:13.5px}
section,.tiles div{background:var(--card);border:1px solid var(--line);border-radius:12px;min-width:0}
section{padding:16px 18px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(142px,1fr));gap:12px;margin:0}
.tiles div{padding:11px 14px}.tiles dt{font-size:13px}.tiles dd{margin:0;overflow-wrap:anywhere}
.tiles b{display:block;font-size:22px;line-height:1.3;font-weight:650;letter-spacing:-.015em;font-variant-numeric:tabular-nums}
small{font-size:12px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;margin:4px 0 8px;padding:0;list-style:none;font-size:13.5px}
.legend svg,.key{width:11px;height:11px;margin-right:6px}.legend span{color:var(--soft)}
.plot{display:block;width:100%;height:auto;color:var(--ink);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
.plot text,.plot tspan{white-space:pre}
.scroll{overflow-x:auto}.scroll:focus-visible,summary:focus-visible,button:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px 5px 0;text-align:right;border-top:1px solid var(--line);font-weight:400;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}thead th{border:0;font-size:12.5px}th:first-child,td:first-child,td.text,th.text,td.bar{text-align:left}
.bar svg{display:block;width:64px;height:10px;fill:var(--c1)}
code{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
p code,dd code,pre code{overflow-wrap:anywhere}pre{margin:0;white-space:pre-wrap}
.contents{display:contents}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:0 32px}.pair h3{margin-top:4px}
details{margin-top:10px}summary{cursor:pointer;font-size:13px}.scroll table{margin-top:4px}
.verdict{border-left-width:5px}.good{border-left-color:var(--good)}.good h2{color:var(--good)}.bad{border-color:var(--bad)}.bad h2{color:var(--bad)}
button{font:inherit;font-size:13px;color:inherit;background:none;border:1px solid var(--soft);border-radius:7px;padding:2px 10px;cursor:pointer}
button:disabled{opacity:.6;cursor:default}
@media screen and (max-width:760px){main{grid-template-columns:minmax(0,1fr);padding:18px 12px;gap:12px}h1{font-size:25px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:10px}
section{padding:14px}.days .plot{min-width:640px}}
@media print{@page{size:A4;margin:12mm}:root{color-scheme:light;--bg:#fff}body{font-size:12px}main{max-width:none;padding:0;gap:10px}h1{font-size:22px}
.tiles{grid-template-columns:repeat(6,minmax(0,1fr));gap:6px}.tiles div{padding:6px 8px}.tiles b{font-size:15px}section{padding:10px 12px}section,.tiles div{break-inside:avoid}
.scroll{overflow:visible}table{font-size:10px}code{font-size:9.5px}th,td{padding:2px 6px 2px 0}.bar svg{width:30px}details,button{display:none}}
`;
