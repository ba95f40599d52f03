using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using AiLib.Dataflow.Cli.Terminal;

namespace AiLib.Dataflow.Cli.Report;

/// <summary>Makes the elements of a page. Text is made harmless here and nowhere else: no text can become markup, because there is no way to write markup.</summary>
internal static class Html
{
    /// <summary>An element with a class.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">Its class; null for none.</param>
    /// <param name="content">Texts, elements, attributes; null is nothing.</param>
    public static XElement Of(string name, string? kind, params object?[] content)
    {
        XElement element = new(name, kind is null ? null : new XAttribute("class", kind));
        foreach (object? part in content)
        {
            element.Add(part is string text ? SafeText.Of(text) : part);
        }

        // An element that closes itself is one that a browser leaves open.
        if (element.IsEmpty && name is not ("meta" or "br"))
        {
            element.Add("");
        }

        return element;
    }

    /// <summary>An attribute of a number or a name of ours.</summary>
    public static XAttribute With(string name, FormattableString value) => new(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>An attribute with a text.</summary>
    public static XAttribute With(string name, string value) => new(name, SafeText.Of(value));

    /// <summary>The page as it stands in a file.</summary>
    public static string ToPage(XElement html)
    {
        StringBuilder text = new("<!DOCTYPE html>\n");
        XmlWriterSettings settings = new() { OmitXmlDeclaration = true, Indent = false, ConformanceLevel = ConformanceLevel.Fragment, NewLineHandling = NewLineHandling.None };
        using (XmlWriter writer = XmlWriter.Create(text, settings))
        {
            html.WriteTo(writer);
        }

        return text.Append('\n').ToString();
    }
}
