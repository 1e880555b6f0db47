import Report
import Testing

@Suite("Text of numbers and places on axes")
struct NumberTests {
    @Test(
        "three significant digits, with a true minus sign and words for what is not finite",
        arguments: [
            (0.0, "0"), (1.0, "1.00"), (-0.0613, "−0.0613"), (0.99961, "1.00"), (123.456, "123"), (12_345.6, "12346"),
            (0.0000123, "1.23e-5"), (1.5e9, "1.50e9"), (.nan, "NaN"), (.infinity, "inf"), (-.infinity, "−inf"),
        ])
    func plain(value: Double, text: String) {
        #expect(NumberText.text(value) == text)
    }

    @Test(
        "changes carry a sign, fractions become per cent, counts group by thin spaces, p has three significant digits")
    func styles() {
        #expect(NumberText.text(0.0123, .signed) == "+0.0123")
        #expect(NumberText.text(0, .signed) == "0")
        #expect(NumberText.text(0.01924, .signedPercent) == "+1.92 %")
        #expect(NumberText.text(-1.5, .percent) == "−150 %")
        #expect(NumberText.text(-0.00000001, .signedPercent) == "0.00 %")
        #expect(NumberText.text(9_999, .count) == "9999")
        #expect(NumberText.text(1_234_567, .count) == "1\u{202F}234\u{202F}567")
        #expect(NumberText.text(0.62, .probability) == "0.620")
        #expect(NumberText.text(0.0001, .probability) == "0.000100")
        #expect(NumberText.text(0.02, .setting) == "0.02" && NumberText.text(-0.25, .setting) == "−0.25")
        #expect(NumberText.text(15, .setting) == "15" && NumberText.text(0.0370133, .setting) == "0.037")
        #expect(NumberText.text(0.0000123, .setting) == "1.23e-5" && NumberText.text(1200, .setting) == "1200")
    }

    @Test(
        "an axis has a few round ticks and maps its ends to the frame",
        arguments: [(-0.09, 0.01), (3.0, 3.0), (0, 1e-9)])
    func axis(low: Double, high: Double) {
        let axis = Axis([low, high, .nan], from: 10, to: 110)
        #expect((2...12).contains(axis.ticks.count))
        #expect(axis(axis.low) == 10 && abs(axis(axis.high) - 110) < 1e-9)
        #expect(axis.low <= low && axis.high >= high)
    }

    @Test("labels that would lie over each other move apart and keep their order")
    func spread() {
        let places = LinePlot.spread([50, 51, nil, 20], gap: 14).compactMap { $0 }
        #expect(places.count == 3)
        #expect(places[1] - places[0] >= 13.999)
        #expect(places[2] == 20)
    }

    @Test("every value falls into one class of a histogram, the greatest into the last")
    func histogram() {
        #expect(Histogram.counts([0, 0.5, 1, 2, -3], low: 0, high: 1, bins: 2) == [1, 2])
        #expect(Histogram.counts([1], low: 1, high: 1, bins: 3) == [0, 0, 0])
    }

    @Test("names become keys that a path can hold, all different")
    func slugs() {
        #expect(Slug.of("Input embeddings (tied)") == "input_embeddings_tied")
        #expect(Slug.of("u.s. · age") == "u_s_age")
        #expect(Slug.paths([["a b"], ["a.b"], ["??"], ["a_b"]]) == ["a_b", "a_b_2", "unnamed", "a_b_3"])
    }
}
