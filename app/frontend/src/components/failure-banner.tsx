interface FailureBannerProps {
  readonly message: string;
  /** Tries again what failed; left out where a button for that is on the page anyway. */
  readonly onRetry?: () => Promise<void>;
}

/** What went wrong on a part of a page. */
export function FailureBanner({ message, onRetry }: FailureBannerProps) {
  return (
    <div role="alert" className="banner" data-testid="banner-failure">
      <span>{message}</span>
      {onRetry && (
        <button type="button" onClick={() => void onRetry()} data-testid="banner-retry">
          Try again
        </button>
      )}
    </div>
  );
}
