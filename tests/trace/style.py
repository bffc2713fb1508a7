"""The colours of the picture, in light and in dark."""

# Colours that everybody can tell apart (Okabe and Ito's); and what they mean is
# said by a shape or a word as well.
STYLE = """
.trace { --paper: #ffffff; --ink: #1d2126; --soft: #58626d; --rule: #d5dae0; --call: #4a90d9;
  --wait: #825000; --wait-paper: #fbe9c6; --wire: #0b57a4; --bad: #b3261e; --data: #17693a;
  --open: #fbe3c8; --up: #cfeadd; --closing: #e8d9ef; --over: #e3e6ea; --listen: #d5e6f8;
  --edge: #7d8893; --panel: #f5f7f9; }
@media (prefers-color-scheme: dark) { .trace { --paper: #16191d; --ink: #e6e9ed; --soft: #a3adb8;
  --rule: #3a424c; --call: #5ea2e8; --wait: #f0b957; --wait-paper: #4d3b17; --wire: #8ec1ff;
  --bad: #ff9388; --data: #7fd8a0; --open: #58401f; --up: #1f4a37; --closing: #47335a;
  --over: #363d45; --listen: #1f3d5c; --edge: #8a95a1; --panel: #20252b; } }
.trace text { font-family: "DejaVu Sans Mono", ui-monospace, "Liberation Mono", monospace;
  fill: var(--ink); white-space: pre; }
.trace .head { font-weight: 700; }
.trace .title { font-family: system-ui, "DejaVu Sans", sans-serif; font-weight: 700; }
.trace .soft, .trace .arg, .trace .note, .trace .time { fill: var(--soft); }
.trace .arg { fill: var(--ink); }
.trace .name, .trace .tag, .trace .flags { font-weight: 700; }
.trace .wait { fill: var(--wait); }
.trace .data { fill: var(--data); }
.trace .bad, .trace .error { fill: var(--bad); font-weight: 700; }
.trace .flags { fill: var(--wire); }
.trace .halo { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.trace .paper { fill: var(--paper); }
.trace .life { stroke: var(--edge); stroke-width: 1.5; }
.trace .call { fill: var(--call); stroke: var(--paper); stroke-width: 1; }
.trace .waits { fill: url(#hatch); stroke: var(--wait); stroke-width: 1; }
.trace .hatch-paper { fill: var(--wait-paper); }
.trace .hatch-line { stroke: var(--wait); stroke-width: 1.3; }
.trace .way { stroke: var(--wire); stroke-width: 1.7; fill: none; }
.trace .tip { fill: var(--wire); }
.trace .bad-way { stroke: var(--bad); stroke-width: 1.9; fill: none; }
.trace .bad-tip { fill: var(--bad); }
.trace .again { stroke-dasharray: 9 4; }
.trace .inferred { stroke: var(--soft); stroke-width: 1.6; stroke-dasharray: 2 4; fill: none; }
.trace .inferred-tip { fill: var(--soft); }
.trace .rule { stroke: var(--rule); stroke-width: 1; }
.trace .gap { stroke: var(--edge); stroke-width: 1; stroke-dasharray: 1 5; }
.trace .leader { stroke: var(--rule); stroke-width: 1; }
.trace .state { stroke: var(--edge); stroke-width: 1; }
.trace .LISTEN { fill: var(--listen); } .trace .ESTABLISHED { fill: var(--up); }
.trace .SYN-SENT, .trace .SYN-RECEIVED { fill: var(--open); }
.trace .TIME-WAIT, .trace .CLOSED { fill: var(--over); }
.trace .FIN-WAIT-1, .trace .FIN-WAIT-2, .trace .CLOSE-WAIT, .trace .CLOSING, .trace .LAST-ACK
  { fill: var(--closing); }
.trace .t0 { fill: #2f6fb5; } .trace .t1 { fill: #c24e00; } .trace .t2 { fill: #00805f; }
.trace .t3 { fill: #a8498c; } .trace .t4 { fill: #8a6d00; } .trace .t5 { fill: #58626d; }
@media (prefers-color-scheme: dark) { .trace .t0 { fill: #7db8f7; } .trace .t1 { fill: #ff9f66; }
  .trace .t2 { fill: #5fd4b1; } .trace .t3 { fill: #e79bcd; } .trace .t4 { fill: #e0c24a; }
  .trace .t5 { fill: #b8c2cc; } }
.trace a { text-decoration: none; cursor: pointer; }
.trace a:hover .way, .trace a:focus .way { stroke-width: 3; }
"""
