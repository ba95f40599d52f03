using System.Globalization;
using System.Text;

namespace AiLib.Dataflow.Cli.Terminal;

/// <summary>The lines at the bottom of a terminal that are drawn again and again in the same place.</summary>
/// <remarks>
/// <para>The terminal is left in no state that somebody would have to restore: the cursor stays visible and stands on the line below, where a prompt may follow, even when the
/// process is killed between two drawings.</para>
/// <para>Lines are cut to one column less than there are, so none wraps. When a window gets narrower most terminals wrap what stands there already; so many rows are
/// gone up as it takes then.</para>
/// <para>For one thread at a time.</para>
/// </remarks>
internal sealed class StatusBlock
{
    private const string Escape = "\u001b[";
    private const string EraseBelow = Escape + "J";
    private const string Reset = Escape + "0m";

    // How wide each line is that stands there.
    private int[] _widths = [];

    /// <summary>Whether something stands there.</summary>
    public bool IsDrawn => _widths.Length > 0;

    /// <summary>What takes it away; the cursor stands then where it began.</summary>
    /// <param name="columns">The columns of the terminal now.</param>
    public string Erase(int columns)
    {
        int rows = _widths.Sum(width => Math.Max(1, (width + columns - 1) / columns));
        _widths = [];
        return rows == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"\r{Escape}{rows}A{EraseBelow}");
    }

    /// <summary>What draws it, in place of what stands there.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="columns">The columns of the terminal.</param>
    /// <param name="rows">Its rows; lines that are too many are left out at the end.</param>
    public string Draw(IReadOnlyList<IReadOnlyList<StatusPart>> lines, int columns, int rows)
    {
        StringBuilder text = new(Erase(columns));
        List<int> widths = [];
        foreach (IReadOnlyList<StatusPart> line in lines.Take(Math.Max(1, rows - 2)))
        {
            int left = columns - 1;
            foreach (StatusPart part in line)
            {
                string shown = DisplayWidth.Cut(SafeText.Of(part.Text), left);
                left -= DisplayWidth.Of(shown);
                text.Append(SequenceOf(part.Style)).Append(shown).Append(part.Style == StatusStyle.Plain ? "" : Reset);
            }

            widths.Add(columns - 1 - left);
            text.Append('\n');
        }

        _widths = [.. widths];
        return text.ToString();
    }

    private static string SequenceOf(StatusStyle style) => style switch
    {
        StatusStyle.Dim => Escape + "2m",
        StatusStyle.Strong => Escape + "1m",
        StatusStyle.Good => Escape + "32m",
        StatusStyle.Fair => Escape + "33m",
        StatusStyle.Bad => Escape + "31m",
        _ => "",
    };
}
