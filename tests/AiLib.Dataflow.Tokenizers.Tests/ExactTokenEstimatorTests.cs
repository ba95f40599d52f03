using System.Text;
using System.Text.Json;
using AiLib.Dataflow.Providers.Estimates;

namespace AiLib.Dataflow.Tokenizers.Tests;

public sealed class ExactTokenEstimatorTests
{
    private const string Chat = "/v1/chat/completions";
    private const string Completions = "/v1/completions";

    // The vocabulary takes a moment to load.
    private static readonly ExactTokenEstimator Exact = new();

    [Theory]
    [InlineData("hello world", 2)]
    [InlineData("hello \\u0077orld", 2)]
    [InlineData("", 0)]
    public void A_text_counts_its_tokens(string text, long tokens) =>
        Assert.Equal(tokens, Exact.Estimate(Completions, Encoding.UTF8.GetBytes($$"""{"prompt":"{{text}}"}""")).Input);

    [Theory]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"hello world"}],"max_tokens":64,"n":2}""", 2 + 4 + 3, 128)]
    [InlineData(Chat, """{"messages":[{"content":[{"type":"text","text":"hello world"},{"type":"image_url","image_url":{"url":"u"}}]}]}""", 2 + 765 + 4 + 3, 1024)]
    [InlineData("/v1/embeddings", """{"input":["hello world","hello world"]}""", 4, 0)]
    [InlineData(Completions, """{"prompt":["hello world"],"best_of":2}""", 2, 32)]
    [InlineData(Completions, "no JSON", 2, 16)]
    [InlineData(Completions, """{"prompt":"\ud800"}""", 5, 16)]
    public void All_but_the_texts_is_as_in_the_cheap_estimate(string path, string body, long input, long output) =>
        Assert.Equal(new TokenEstimate(input, output), Exact.Estimate(path, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("The cat sleeps in the sun every day, after it has eaten its breakfast in the kitchen.")]
    [InlineData("Die Katze schläft jeden Tag in der Sonne, nachdem sie in der Küche gefrühstückt hat.")]
    [InlineData("Le chat dort au soleil tous les jours, après avoir pris son petit déjeuner dans la cuisine.")]
    [InlineData("El gato duerme al sol todos los días, después de desayunar en la cocina.")]
    [InlineData("Kot śpi codziennie na słońcu, kiedy już zje śniadanie w kuchni.")]
    [InlineData("Кот каждый день спит на солнце, после того как позавтракает на кухне.")]
    [InlineData("Η γάτα κοιμάται στον ήλιο κάθε μέρα, αφού φάει πρωινό στην κουζίνα.")]
    [InlineData("القطط تنام في الشمس كل يوم بعد أن تأكل طعامها في المطبخ")]
    [InlineData("החתולים ישנים בשמש כל יום אחרי שהם אוכלים במטבח")]
    [InlineData("बिल्लियाँ हर दिन रसोई में खाना खाने के बाद धूप में सोती हैं")]
    [InlineData("แมวนอนกลางแดดทุกวันหลังจากกินอาหารในครัว")]
    [InlineData("猫はいつも台所で朝ご飯を食べた後、日なたで眠ります。")]
    [InlineData("猫每天在厨房吃完早饭以后，都会在阳光下睡觉。")]
    [InlineData("고양이는 매일 부엌에서 아침을 먹은 뒤 햇볕에서 잠을 잔다.")]
    [InlineData("for (int i = 0; i < count; i++)\n{\n    total += prices[i] * 1.19m;\n}\n")]
    [InlineData("2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n")]
    public void The_cheap_estimate_is_within_half_of_the_truth_in_many_languages(string text)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["prompt"] = text });

        double ratio = (double)TokenEstimator.Estimate(Completions, body).Input / Exact.Estimate(Completions, body).Input;

        Assert.InRange(ratio, 0.67, 1.5);
    }
}
