import LanguageModel

extension StudyRun {
    func forecast() throws {}
}
