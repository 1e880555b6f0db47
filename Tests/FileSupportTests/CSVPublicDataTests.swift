import FileSupport
import TestSupport
import Testing

@Suite("Reading public data files")
struct CSVPublicDataTests {
    /// File, rows, and the SHA-256 over every cell (each followed by 0x1F, the last of a row by 0x1E instead), all as
    /// Python 3.11's `csv.reader` reads them.
    static let expected: [(String, Int, String)] = [
        ("dghs/dghs_v0.2.2_dev.csv", 4125, "f68989c3597bc6b8956ac70c8fb06065896f94d55efcfd7039e95f83ccb82257"),
        ("dghs/dghs_v0.2.2_test.csv", 4124, "62733e2ca99d1688119153c62fee12655c3cd6c2d7c207af82d05daa4c544e28"),
        (
            "crows_pairs/crows_pairs_anonymized.csv", 1508,
            "787d52f19d629ee0e792d7aed0427239c277cab332c9dd3c7fdcee8148f71605"
        ),
        ("hatecheck/test_suite_cases.csv", 3728, "1f369069c091c051ebd7c9d5210f5e7cffa0afd99e5feef147753ccf65f0fd5e"),
        (
            "bbq/new_templates_Race_ethnicity.csv", 50,
            "8853f52818a03b9b906d20df7cd0f57d67810cc0ea10240d157c4bd06630fdd1"
        ),
        ("winogender/templates.tsv", 120, "cafa24e1ac3c3dbb8981d35676fcf6171b12e248da17ee9adace477b22e1971a"),
    ]

    @Test(
        "every cell is as Python's csv module reads it", .enabled(if: publicData != nil, "needs DRIFTSCOPE_DATA"),
        arguments: expected)
    func cells(file: String, rows: Int, sha256: String) throws {
        let folder = try #require(publicData)
        let table = try CSVTable.read(folder + "/" + file)
        #expect(table.records.count == rows)
        var bytes: [UInt8] = []
        for row in [table.header] + table.records.map(\.fields) {
            bytes += row.joined(separator: "\u{1F}").utf8
            bytes.append(0x1E)
        }
        #expect(SHA256Hex.of(bytes) == sha256)
    }
}
