import LanguageModel

extension StudyRun {
    func retrainings() throws {}
}
