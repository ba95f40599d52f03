namespace AiLib.Dataflow.Cli.Report;

/// <summary>How the page looks: on a screen, bright or dark, and on paper. No character in it means anything to XML, so that it stands in the page as it is.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark;
          --page: #f7f7f5; --card: #ffffff; --ink: #1b1f24; --soft: #5d6670; --hair: #e3e4e0; --grid: #ecece8;
          --blue: #2166c9; --orange: #c96a12; --green: #1b8a5a; --red: #c2334d; --violet: #7a53b8; --yellow: #b79500; --teal: #12848f; --pale: #d3d6d9; --grey: #8b939c; --tint: 0.13; }
        @media (prefers-color-scheme: dark) { :root {
          --page: #111417; --card: #191d21; --ink: #e7e9eb; --soft: #9aa4ae; --hair: #2b3137; --grid: #262b31;
          --blue: #6aa5f5; --orange: #f0a04b; --green: #4fc48d; --red: #f2728a; --violet: #b394ee; --yellow: #d8bd3a; --teal: #4bbcc7; --pale: #3a4148; --grey: #79838d; --tint: 0.2; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
          font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
        main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 56px; }
        header { margin-bottom: 26px; }
        h1 { font-size: 27px; line-height: 1.25; letter-spacing: -0.015em; margin: 0 0 6px; overflow-wrap: anywhere; }
        h2 { font-size: 17px; letter-spacing: -0.005em; margin: 40px 0 12px; }
        p { margin: 0 0 8px; }
        .soft, .note { color: var(--soft); }
        .note { font-size: 13px; }
        .badge { display: inline-block; font-size: 12.5px; font-weight: 600; padding: 2px 10px; border-radius: 99px; margin-right: 10px; border: 1px solid currentColor; }
        .good { color: var(--green); } .bad { color: var(--red); } .fair { color: var(--orange); }
        .tiles { display: flex; flex-wrap: wrap; gap: 1px; background: var(--hair); border: 1px solid var(--hair); border-radius: 12px; overflow: hidden; }
        .tile { flex: 1 1 148px; background: var(--card); padding: 14px 16px 12px; }
        .tile b { display: block; font-size: 23px; line-height: 1.25; font-weight: 650; letter-spacing: -0.02em; white-space: nowrap; }
        .tile span { color: var(--soft); font-size: 12.5px; line-height: 1.35; display: block; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 16px; }
        .chart, .card { background: var(--card); border: 1px solid var(--hair); border-radius: 12px; margin: 0; padding: 14px 16px 8px; break-inside: avoid; }
        .card { padding: 16px; overflow-x: auto; }
        .legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12.5px; color: var(--soft); margin-bottom: 6px; align-items: baseline; }
        .legend b { color: var(--ink); font-size: 14px; margin-right: auto; }
        .key i { display: inline-block; width: 11px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: 3px; background: currentColor; }
        svg { display: block; width: 100%; height: auto; overflow: visible; }
        svg text { font-size: 11px; fill: var(--soft); text-anchor: middle; }
        svg text.y { text-anchor: end; } svg text.start { text-anchor: start; } svg text.end { text-anchor: end; }
        .grid { stroke: var(--grid); } .base { stroke: var(--grey); }
        .line { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
        .area { fill: currentColor; opacity: var(--tint); } .layer { fill: currentColor; opacity: 0.82; }
        .tip { fill: transparent; } .tip:hover { fill: currentColor; opacity: 0.06; }
        .blue { color: var(--blue); } .orange { color: var(--orange); } .green { color: var(--green); } .red { color: var(--red); } .violet { color: var(--violet); } .grey { color: var(--grey); } .yellow { color: var(--yellow); } .teal { color: var(--teal); } .pale { color: var(--pale); }
        path.dashed { stroke-dasharray: 5 4; } path.dotted { stroke-dasharray: 1.5 4; }
        .split { display: flex; height: 26px; border-radius: 7px; overflow: hidden; margin: 4px 0 12px; gap: 2px; }
        .split span { background: currentColor; min-width: 2px; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
        th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; white-space: nowrap; }
        th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--grid); vertical-align: top; }
        tr:last-child td { border-bottom: 0; }
        td:last-child, th:last-child { padding-right: 0; }
        .n { text-align: right; white-space: nowrap; }
        .w { overflow-wrap: anywhere; }
        td i.dot { display: inline-block; width: 10px; height: 10px; border-radius: 3px; background: currentColor; margin-right: 8px; }
        details { border-bottom: 1px solid var(--grid); padding: 8px 0; } details:last-child { border-bottom: 0; }
        summary { cursor: pointer; display: flex; gap: 12px; align-items: baseline; } summary b { min-width: 4.5em; text-align: right; }
        code, .mono { font: 12.5px/1.5 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
        .example { margin: 8px 0 4px 5.4em; } .example .who { color: var(--soft); font-size: 12.5px; }
        footer { margin-top: 40px; color: var(--soft); font-size: 12.5px; border-top: 1px solid var(--hair); padding-top: 14px; }
        @media (max-width: 560px) { main { padding: 24px 14px 40px; } .example { margin-left: 0; } }
        @page { margin: 14mm; }
        @media print { :root { color-scheme: light; --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --hair: #cfcfcf; --grid: #e4e4e4;
            --blue: #1a57ad; --orange: #b85c05; --green: #137347; --red: #ad2440; --violet: #6640a3; --yellow: #9a7d00; --teal: #0d6b75; --pale: #cccccc; --grey: #777777; --tint: 0.13; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          body { font-size: 10.5pt; } main { max-width: none; padding: 0; } .charts { grid-template-columns: 1fr 1fr; gap: 10px; } .tip { display: none; }
          h2 { break-after: avoid; margin-top: 22px; } tr, .tile, details { break-inside: avoid; } }
        """;
}
