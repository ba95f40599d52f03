using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>One line of a chart.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Colour">Which of the page's colours, by the name of its class.</param>
/// <param name="Values">A value for each piece of time; null where there is none.</param>
/// <param name="IsFilled">Whether the area below it is filled.</param>
internal sealed record ChartLine(string Name, string Colour, IReadOnlyList<double?> Values, bool IsFilled = false);

/// <summary>Draws what happened over time, as SVG that needs no script: lines, or areas on top of each other, over a grid of round numbers.</summary>
/// <param name="ends">When each piece of time ends, in seconds.</param>
/// <param name="format">How a value is written.</param>
internal sealed class Chart(IReadOnlyList<double> ends, Func<double, string> format)
{
    private const double Width = 560;
    private const double Height = 180;
    private const double Left = 52;
    private const double Right = 8;
    private const double Top = 10;
    private const double Bottom = 24;
    private const int MostTips = 90;

    private readonly double _seconds = ends.Count > 0 ? Math.Max(ends[^1], 0.001) : 1;

    /// <summary>Lines over each other.</summary>
    public XElement Lines(string title, params ChartLine[] lines)
    {
        double largest = lines.SelectMany(line => line.Values).Max() ?? 0;
        IReadOnlyList<double> grid = Axis.Values(largest);
        XElement svg = Begin(title, grid);
        foreach (ChartLine line in lines)
        {
            if (line.IsFilled)
            {
                svg.Add(Path("area " + line.Colour, AreaOf(line.Values, grid[^1])));
            }

            svg.Add(Path("line " + line.Colour, LineOf(line.Values, grid[^1])));
        }

        return Frame(title, svg, lines);
    }

    /// <summary>Areas on top of each other, the first at the bottom.</summary>
    public XElement Stack(string title, params ChartLine[] lines)
    {
        double[] below = new double[ends.Count];
        double largest = ends.Count == 0 ? 0 : Enumerable.Range(0, ends.Count).Max(index => lines.Sum(line => line.Values[index] ?? 0));
        IReadOnlyList<double> grid = Axis.Values(largest);
        XElement svg = Begin(title, grid);
        foreach (ChartLine line in lines)
        {
            double[] above = [.. below.Zip(line.Values, (lower, value) => lower + (value ?? 0))];
            svg.Add(Path("layer " + line.Colour, BandOf(below, above, grid[^1])));
            below = above;
        }

        return Frame(title, svg, lines);
    }

    private XElement Frame(string title, XElement svg, ChartLine[] lines)
    {
        AddTips(svg, lines);
        XElement legend = Html.Of("figcaption", "legend");
        legend.Add(Html.Of("b", null, title));
        foreach (ChartLine line in lines)
        {
            legend.Add(Html.Of("span", "key", Html.Of("i", line.Colour), line.Name));
        }

        return Html.Of("figure", "chart", legend, svg);
    }

    private XElement Begin(string title, IReadOnlyList<double> grid)
    {
        XElement svg = Html.Of("svg", null, Html.With("viewBox", $"0 0 {Width} {Height}"), Html.With("role", "img"), Html.With("aria-label", title));
        foreach (double value in grid)
        {
            double y = Y(value, grid[^1]);
            svg.Add(Html.Of("line", value == 0 ? "base" : "grid", Html.With("x1", $"{Left}"), Html.With("x2", $"{Width - Right}"), Html.With("y1", $"{y:0.#}"), Html.With("y2", $"{y:0.#}")));
            svg.Add(Html.Of("text", "y", Html.With("x", $"{Left - 7}"), Html.With("y", $"{y + 3.5:0.#}"), format(value)));
        }

        foreach ((double seconds, string text) in Axis.Times(_seconds))
        {
            double x = X(seconds);
            // The last name may not stand over the edge.
            string anchor = x > Width - 40 ? "x end" : seconds == 0 ? "x start" : "x";
            svg.Add(Html.Of("text", anchor, Html.With("x", $"{x:0.#}"), Html.With("y", $"{Height - 7}"), text));
        }

        return svg;
    }

    /// <summary>What a pointer that rests on the chart is told: a browser shows titles by itself.</summary>
    private void AddTips(XElement svg, ChartLine[] lines)
    {
        int step = Math.Max(1, (ends.Count + MostTips - 1) / MostTips);
        for (int first = 0; first < ends.Count; first += step)
        {
            int last = Math.Min(first + step, ends.Count) - 1;
            double from = X(first == 0 ? 0 : ends[first - 1]);
            StringBuilder text = new(Figures.Duration(ends[last]));
            foreach (ChartLine line in lines.Where(line => line.Values[last] is not null))
            {
                text.Append(CultureInfo.InvariantCulture, $" · {line.Name} {format(line.Values[last]!.Value)}");
            }

            svg.Add(Html.Of(
                "rect",
                "tip",
                Html.With("x", $"{from:0.#}"),
                Html.With("y", $"{Top}"),
                Html.With("width", $"{Math.Max(X(ends[last]) - from, 0.5):0.#}"),
                Html.With("height", $"{Height - Top - Bottom}"),
                Html.Of("title", null, text.ToString())));
        }
    }

    private static XElement Path(string kind, string data) => Html.Of("path", kind, Html.With("d", data));

    // A value stands in the middle of its piece of time.
    private double Middle(int index) => X((ends[index] + (index == 0 ? 0 : ends[index - 1])) / 2);

    private string LineOf(IReadOnlyList<double?> values, double top)
    {
        StringBuilder data = new();
        bool isDrawing = false;
        for (int index = 0; index < ends.Count; index++)
        {
            if (values[index] is { } value)
            {
                bool isAlone = !isDrawing && (index + 1 == ends.Count || values[index + 1] is null);
                Append(data, isDrawing ? 'L' : 'M', Middle(index), Y(value, top));
                if (isAlone)
                {
                    // Between two gaps: a dot rather than nothing.
                    data.Append("h0.1");
                }
            }

            isDrawing = values[index] is not null;
        }

        return data.ToString();
    }

    private string AreaOf(IReadOnlyList<double?> values, double top)
    {
        double[] above = [.. values.Select(value => value ?? 0)];
        return BandOf(new double[above.Length], above, top);
    }

    private string BandOf(double[] below, double[] above, double top)
    {
        StringBuilder data = new();
        for (int index = 0; index < above.Length; index++)
        {
            Append(data, index == 0 ? 'M' : 'L', Middle(index), Y(above[index], top));
        }

        for (int index = below.Length - 1; index >= 0; index--)
        {
            Append(data, 'L', Middle(index), Y(below[index], top));
        }

        return data.Append(data.Length > 0 ? "Z" : "").ToString();
    }

    private static void Append(StringBuilder data, char command, double x, double y) => data.Append(CultureInfo.InvariantCulture, $"{command}{x:0.#} {y:0.#}");

    private double X(double seconds) => Left + ((Width - Left - Right) * Math.Clamp(seconds / _seconds, 0, 1));

    private static double Y(double value, double top) => Height - Bottom - ((Height - Top - Bottom) * Math.Clamp(value / top, 0, 1));
}
